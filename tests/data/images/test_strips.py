import numpy as np
import pytest

from data.images.grey_levels import fill_range, to_uint8
from data.images.strips import cut_strips, map_strips


@pytest.mark.parametrize("shape", [(3,), (0, 5), (5, 0), (2, 3), (4, 700, 900), (2, 3, 5, 7), (3000, 1500)])
def test_strips_are_the_image(shape: tuple[int, ...]) -> None:
    seen = np.zeros(shape, int)
    for strip in cut_strips(shape):
        assert seen[strip].size <= 2**20
        seen[strip] += 1
    assert (seen == 1).all()


def test_a_function_of_values() -> None:
    image = np.random.default_rng(0).integers(0, 1000, (2, 2500, 900))
    assert np.array_equal(map_strips(lambda values: values * 3, image, np.int32), image * 3)
    # Also of a view that is not contiguous.
    turned = image.transpose(2, 0, 1)
    assert np.array_equal(map_strips(lambda values: values * 3, turned, np.int32), turned * 3)


def test_grey_levels_are_those_of_the_whole_image() -> None:
    image = np.random.default_rng(0).integers(0, 65536, (2, 1500, 1100)).astype(np.uint16)
    whole = np.rint(image.astype(np.float32) * np.float32(255 / 65535)).astype(np.uint8)
    assert np.array_equal(to_uint8(image), whole)
    scaled = np.rint(image.astype(np.float32) * np.float32(65535 / 4095))
    assert np.array_equal(fill_range(image, 4095), np.minimum(scaled, 65535).astype(np.uint16))
