import numpy as np
import pytest

from data.errors import InputError
from models.segmenters.segmenter import SegmentedField, check_image

CELLS = np.array([[0, 1, 1], [2, 2, 1]], np.uint16)
NUCLEI = np.array([[0, 1, 0], [2, 0, 0]], np.uint16)
CHANNELS = ("red", "blue", "yellow")


def test_a_field_that_keeps_its_promise() -> None:
    assert SegmentedField(NUCLEI, CELLS).count == 2


def test_a_field_without_cells() -> None:
    empty = np.zeros((3, 4), np.uint16)
    assert SegmentedField(empty, empty).count == 0


@pytest.mark.parametrize(
    ("nuclei", "cells", "message"),
    [
        (NUCLEI[:1], CELLS, "one size"),
        (NUCLEI[0], CELLS[0], "one size"),
        (NUCLEI.astype(np.int32), CELLS, "uint16"),
        (NUCLEI, CELLS.astype(np.uint8), "uint16"),
        (NUCLEI, np.where(CELLS == 1, 3, CELLS).astype(np.uint16), "numbers of the cells"),
        (np.where(NUCLEI == 2, 0, NUCLEI).astype(np.uint16), CELLS, "numbers of the nuclei"),
        (np.where(CELLS == 0, 3, NUCLEI).astype(np.uint16), CELLS, "numbers of the nuclei"),
        (np.where(CELLS == 0, 1, NUCLEI).astype(np.uint16), CELLS, "outside the cell"),
        (np.array([[0, 2, 0], [1, 0, 0]], np.uint16), CELLS, "outside the cell"),
    ],
)
def test_a_broken_promise_is_told(nuclei: np.ndarray, cells: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SegmentedField(nuclei, cells)


def test_the_largest_number_is_allowed() -> None:
    cells = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    assert SegmentedField(cells, cells).count == 65535


@pytest.mark.parametrize(
    ("image", "pixel_size_um", "message"),
    [
        (np.zeros((4, 8, 8), np.uint8), 0.08, "expected .3, height, width.: red, blue, yellow"),
        (np.zeros((8, 8), np.uint8), 0.08, "shape"),
        (np.zeros((3, 0, 8), np.uint8), 0.08, "shape"),
        (np.zeros((3, 8, 8), np.float32), 0.08, "float32 pixels"),
        (np.zeros((3, 8, 8), np.uint8), 0.0, "pixel size: 0.0 um; expected 0.005 to 5.0 um"),
        (np.zeros((3, 8, 8), np.uint8), 80.0, "pixel size"),
        (np.zeros((3, 8, 8), np.uint8), float("nan"), "pixel size"),
        (np.zeros((3, 8, 8), np.uint8), float("inf"), "pixel size"),
    ],
)
def test_an_image_that_cannot_be_segmented(image: np.ndarray, pixel_size_um: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_image(image, CHANNELS, pixel_size_um)
