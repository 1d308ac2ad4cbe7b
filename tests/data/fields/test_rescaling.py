import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import resize

from data.fields.rescaling import pad_planes, rescale_plane


@pytest.mark.parametrize(
    ("shape", "new_shape"),
    [
        ((64, 64), (16, 16)),
        ((67, 40), (17, 10)),
        ((30, 90), (9, 26)),
        ((16, 20), (31, 47)),
        ((40, 8), (3, 2)),
    ],
)
def test_it_gives_what_scikit_image_gives(shape: tuple[int, int], new_shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    expected = resize(plane, new_shape)
    np.testing.assert_allclose(rescale_plane(plane, new_shape), expected, atol=2e-6)


@settings(deadline=None, max_examples=50)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    new_shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    seed=st.integers(0, 9),
)
def test_bytes_and_their_16_bit_twins_are_equal_and_stay_in_range(
    shape: tuple[int, int], new_shape: tuple[int, int], seed: int
) -> None:
    plane = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    result = rescale_plane(plane, new_shape)
    assert result.shape == new_shape
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, rescale_plane(plane.astype(np.uint16) * 257, new_shape))
    slack = 1e-6
    assert plane.min() / 255 - slack <= result.min() <= result.max() <= plane.max() / 255 + slack


def test_planes_are_mirrored_to_a_multiple() -> None:
    planes = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
    padded = pad_planes(planes, 4)
    assert padded.shape == (2, 4, 8)
    np.testing.assert_array_equal(padded[:, :3, :5], planes)
    np.testing.assert_array_equal(padded[:, 3], padded[:, 2])
    np.testing.assert_array_equal(padded[:, :, 5:], padded[:, :, [4, 3, 2]])
    assert pad_planes(planes[:, :1, :1], 4).shape == (2, 4, 4)
    assert pad_planes(padded, 4) is padded
