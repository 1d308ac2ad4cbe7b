import numpy as np
import pytest

from data.images.grey_levels import fill_range, to_uint8


def test_16_bit_values_become_the_nearest_of_8_bit() -> None:
    eight = np.arange(256, dtype=np.uint8)
    assert to_uint8(eight) is eight
    assert np.array_equal(to_uint8(eight.astype(np.uint16) * 257), eight)
    assert to_uint8(np.array([[127, 128, 129, 386]], np.uint16)).tolist() == [[0, 0, 1, 2]]


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_the_camera_s_white_becomes_the_largest_value(bits: int) -> None:
    white = 2**bits - 1
    plane = np.array([0, white, (white + 1) // 2, white + 5, 60000], np.uint16)
    filled = fill_range(plane, white)
    assert filled.dtype == np.uint16
    assert filled.tolist() == [0, 65535, round((white + 1) // 2 * 65535 / white), 65535, 65535]
    assert to_uint8(filled).tolist() == [0, 255, 128, 255, 255]


def test_a_white_of_16_bit_leaves_8_bit_planes_and_the_reverse() -> None:
    eight, sixteen = np.array([1, 200], np.uint8), np.array([1, 200], np.uint16)
    assert fill_range(eight, 4095) is eight
    assert fill_range(sixteen, 200) is sixteen
    assert fill_range(eight, 200).tolist() == [1, 255]
    assert fill_range(sixteen, None) is sixteen
    assert fill_range(sixteen, 65535) is sixteen
