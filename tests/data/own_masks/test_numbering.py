from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.own_masks.notes import Notes
from data.own_masks.numbering import number_cells, number_nuclei

PATH = Path("a.png")


def test_gaps_are_closed_and_told(labels: np.ndarray) -> None:
    notes = Notes()
    np.testing.assert_array_equal(number_cells(PATH, labels * 20, notes), labels)
    assert notes.lines() == ["numbers with gaps, renumbered without them: a.png (3 cells, numbers up to 60)"]


def test_nothing_is_told_of_a_good_mask(labels: np.ndarray, nuclei: np.ndarray) -> None:
    notes = Notes()
    cells = number_cells(PATH, labels, notes)
    np.testing.assert_array_equal(number_nuclei(PATH, nuclei, cells, notes), nuclei)
    assert notes.lines() == []


@pytest.mark.parametrize("value", [1, 255, 65535])
def test_a_binary_mask_is_refused(labels: np.ndarray, value: int) -> None:
    with pytest.raises(InputError, match=f"one number, {value}, in 2 separate pieces: a binary mask"):
        number_cells(PATH, (labels > 0) * value, Notes())


def test_one_cell_none_and_cells_in_pieces_are_told(labels: np.ndarray) -> None:
    notes = Notes()
    number_cells(Path("one.png"), labels == 1, notes)
    number_cells(Path("none.png"), labels * 0, notes)
    number_cells(Path("pieces.png"), np.where(labels == 3, 1, labels), notes)
    assert notes.lines() == [
        "cells in several pieces: pieces.png (1 of 2 cells, such as number 1)",
        "no cell: none.png",
        "one cell alone; a binary mask would look like it: one.png",
    ]


def test_more_cells_than_a_label_image_can_number() -> None:
    with pytest.raises(InputError, match="65536 cells"):
        number_cells(PATH, np.arange(1, 65537).reshape(256, 256), Notes())


def test_strays_and_cells_without_a_nucleus_are_told(labels: np.ndarray, nuclei: np.ndarray) -> None:
    notes = Notes()
    nuclei[nuclei == 2] = 0
    nuclei[0, :4] = 9
    number_nuclei(PATH, nuclei, labels, notes)
    assert notes.lines() == [
        "cells without a nucleus: a.png (1 of 3 cells)",
        "nuclei outside of all cells, left out: a.png (1)",
    ]


def test_a_background_with_a_number_of_its_own_is_told() -> None:
    notes = Notes()
    labels = np.full((6, 6), 5)
    labels[1:3, 1:3], labels[4:6, 1:3] = 7, 9
    number_cells(Path("a.png"), labels, notes)
    assert (
        "no background, which has the number 0; set it to 0 if one of the cells is it: a.png (the largest of "
        "3 cells is number 5)"
    ) in notes.lines()
    notes = Notes()
    number_cells(Path("a.png"), labels - 5, notes)
    assert not [line for line in notes.lines() if line.startswith("no background")]
