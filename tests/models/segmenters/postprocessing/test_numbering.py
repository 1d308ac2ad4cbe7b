import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from data.errors import InputError
from models.segmenters.postprocessing.numbering import check_count, number_cells


def test_reading_order() -> None:
    cells = np.zeros((8, 8), np.uint16)
    cells[5:7, 1:3], cells[1:3, 5:7], cells[1:4, 0:2] = 2, 4, 9
    field = number_cells(cells.copy(), cells.copy())
    assert (field.cells[6, 1], field.cells[1, 5], field.cells[1, 0]) == (3, 2, 1)
    assert (field.nuclei == field.cells).all()


def test_a_cell_without_nucleus_is_none_and_a_nucleus_outside_its_cell_is_cut() -> None:
    cells = np.array([[1, 1, 0, 2, 2]], np.uint16)
    nuclei = np.array([[0, 0, 0, 2, 1]], np.uint16)
    field = number_cells(nuclei, cells)
    assert field.cells.tolist() == [[0, 0, 0, 1, 1]]
    assert field.nuclei.tolist() == [[0, 0, 0, 1, 0]]


def test_the_part_with_the_nucleus_is_the_cell() -> None:
    cells = np.array([[1, 1, 1, 0, 1], [0, 0, 0, 1, 1]], np.uint16)
    nuclei = np.array([[0, 0, 0, 0, 1], [0, 0, 0, 0, 0]], np.uint16)
    assert number_cells(nuclei, cells).cells.tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 1, 1]]


def test_parts_that_meet_at_a_corner_are_two() -> None:
    cells = np.array([[1, 1, 0], [0, 0, 1]], np.uint16)
    nuclei = np.array([[1, 0, 0], [0, 0, 0]], np.uint16)
    assert number_cells(nuclei, cells).cells.tolist() == [[1, 1, 0], [0, 0, 0]]


LABELS = arrays(np.uint16, (9, 11), elements=st.integers(0, 5))


@given(nuclei=LABELS, cells=LABELS)
def test_any_labels_become_a_field(nuclei: np.ndarray, cells: np.ndarray) -> None:
    both = np.unique(cells[(cells == nuclei) & (cells > 0)])
    field = number_cells(nuclei.copy(), cells.copy())
    assert field.count == both.size
    for number in range(1, field.count + 1):
        assert ndimage.label(field.cells == number)[1] == 1
    assert (
        set(zip(field.cells[field.cells > 0], cells[field.cells > 0], strict=True)).__len__() == field.count
    )


def test_too_many_cells() -> None:
    check_count(65535)
    with pytest.raises(InputError, match="65536 cells; expected at most 65535"):
        check_count(65536)
