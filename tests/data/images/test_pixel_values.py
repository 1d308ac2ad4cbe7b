from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.images.pixel_values import are_fractions, to_native, to_unsigned

HERE = Path("a.tif")


@pytest.mark.parametrize(
    "dtype", [np.int16, np.int32, np.int64, np.uint32, np.uint64, np.float32, np.float64]
)
@pytest.mark.parametrize("largest", [0, 200, 4095, 32767])
def test_whole_numbers_stay_as_they_are(dtype: type, largest: int) -> None:
    plane = np.array([[0, largest // 2, largest]], dtype)
    read = to_unsigned(plane, HERE)
    assert read.dtype == np.uint16
    assert read.tolist() == plane.astype(int).tolist()


@pytest.mark.parametrize("dtype", ["u2", "i4", "u8", "f2", "f4", "f8"])
@pytest.mark.filterwarnings("error")
def test_big_endian_values_are_the_same(dtype: str) -> None:
    plane = np.array([[0, 3, 2040]])
    for order in "<>":
        read = to_unsigned(plane.astype(f"{order}{dtype}"), HERE)
        assert read.tolist() == plane.tolist()
        fractions = (plane / 4080).astype(f"{order}{dtype}")
        if dtype.startswith("f"):
            assert to_unsigned(fractions, HERE)[0, 2] == 32768


def test_this_machines_order_of_bytes() -> None:
    plane = np.array([[1, 256]], np.uint16)
    assert to_native(plane) is plane
    for dtype in (">u2", "<u2"):
        native = to_native(plane.astype(dtype))
        assert native.dtype == np.uint16
        assert native.tolist() == [[1, 256]]
    assert to_native([[True]]).dtype == np.bool_


def test_types_that_need_no_change_are_not_copied() -> None:
    for dtype in (np.uint8, np.uint16):
        plane = np.ones((2, 2), dtype)
        assert to_unsigned(plane, HERE) is plane
    assert to_unsigned(np.array([[0, 127]], np.int8), HERE).dtype == np.uint8
    assert to_unsigned(np.array([[False, True]]), HERE).tolist() == [[0, 255]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_fractions_fill_16_bits(dtype: type) -> None:
    plane = np.array([[0, 0.25, 0.5, 1]], dtype)
    assert are_fractions(plane)
    assert to_unsigned(plane, HERE).tolist() == [[0, 16384, 32768, 65535]]


@pytest.mark.parametrize(
    ("values", "dtype", "message"),
    [
        ([-1, 5], np.int16, "negative values, down to -1, in pixels of type int16 .signed"),
        ([-0.5, 0.5], np.float32, "negative values, down to -0.5"),
        ([0, 65536], np.uint32, "values up to 65536, in pixels of type uint32"),
        ([0, 2**40], np.uint64, "values up to 1.09951e.12"),
        ([0, 1e9], np.float64, "values up to 1e.09"),
        ([0, np.nan], np.float32, "no number"),
        ([0, np.inf], np.float16, "no number"),
        ([0.5, 1.5], np.float32, "values up to 1.5 that are not whole numbers"),
        ([0, 1], np.float32, "no other values than 0 and 1"),
        ([0, 1j], np.complex64, "no brightness, in pixels of type complex64"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(values: list, dtype: type, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_unsigned(np.array([values], dtype), HERE)
