import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.segmenter_training.stains import (
    BRIGHT_QUANTILE,
    BRIGHTEST,
    DARK_QUANTILE,
    LEAST_RANGE,
    scale_stains,
)


def test_range_of_each_stain_is_stretched_and_rooted() -> None:
    random = np.random.default_rng(1)
    planes = (
        random.random((3, 40, 50), dtype=np.float32) * np.array([0.1, 0.5, 1.0], np.float32)[:, None, None]
    )
    scaled = scale_stains(planes)
    for plane, result in zip(planes, scaled, strict=True):
        low, high = np.quantile(plane, (DARK_QUANTILE, BRIGHT_QUANTILE))
        expected = np.sqrt(np.clip((plane - low) / (high - low), 0, BRIGHTEST**2))
        assert np.allclose(result, expected, atol=1e-5)


def test_empty_stain_is_zero_and_leaves_the_others_alone() -> None:
    random = np.random.default_rng(2)
    planes = random.random((3, 32, 32), dtype=np.float32)
    with_empty = planes.copy()
    with_empty[1] = 0.2 + 0.5 * LEAST_RANGE * random.random((32, 32), dtype=np.float32)
    scaled = scale_stains(with_empty)
    assert not scaled[1].any()
    assert np.array_equal(scaled[[0, 2]], scale_stains(planes)[[0, 2]])


@given(gain=st.floats(0.2, 1.0), offset=st.floats(0.0, 0.3), seed=st.integers(0, 50))
def test_gain_and_offset_of_the_camera_do_not_matter(gain: float, offset: float, seed: int) -> None:
    planes = np.random.default_rng(seed).random((1, 24, 24), dtype=np.float32)
    changed = (planes * np.float32(gain) + np.float32(offset)).astype(np.float32)
    assert np.allclose(scale_stains(changed), scale_stains(planes), atol=2e-3)
