"""Numbering the cells and nuclei of masks that others made, and what is to be told of them."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.masks.label_image import MAX_CELLS, count_pixels
from data.own_masks.matching import count_pieces, match_nuclei
from data.own_masks.notes import Notes
from data.own_masks.objects import renumber


def number_cells(path: Path, labels: NDArray[np.integer], notes: Notes) -> NDArray[np.uint16]:
    """Renumber the cells of a label image (H, W) 1..n, in the order of their numbers.

    Raises
    ------
    InputError
        There are more than 65,535 cells, or it is a binary mask of several.
    """
    numbered, numbers = renumber(labels)
    if len(numbers) > MAX_CELLS:
        raise InputError(
            found=f"{len(numbers)} cells",
            where=path,
            expected=f"at most {MAX_CELLS} in a field",
            advice="cut the field into smaller ones",
        )
    cells = numbered.astype(np.uint16)
    pieces = count_pieces(cells)
    if len(numbers) == 1 and pieces[0] > 1:
        raise InputError(
            found=f"one number, {numbers[0]}, in {pieces[0]} separate pieces: a binary mask",
            where=path,
            expected="a number of its own for each cell, also where cells touch",
            advice="label it first, such as with skimage.measure.label if no cells touch",
        )
    if len(numbers) == 0:
        notes.add("no cell", path.name)
    elif len(numbers) == 1:
        notes.add("one cell alone; a binary mask would look like it", path.name)
    if len(numbers) > 1 and cells.all():
        largest = int(np.argmax(count_pixels(cells, len(numbers))))
        notes.add(
            "no background, which has the number 0; set it to 0 if one of the cells is it",
            f"{path.name} (the largest of {len(numbers)} cells is number {numbers[largest - 1]})",
        )
    if len(numbers) and numbers[-1] > len(numbers):
        notes.add(
            "numbers with gaps, renumbered without them",
            f"{path.name} ({len(numbers)} cells, numbers up to {numbers[-1]})",
        )
    if (pieces > 1).any():
        notes.add(
            "cells in several pieces",
            f"{path.name} ({np.count_nonzero(pieces > 1)} of {len(pieces)} cells, such as number "
            f"{numbers[np.argmax(pieces > 1)]})",
        )
    return cells


def number_nuclei(
    path: Path, labels: NDArray[np.integer], cells: NDArray[np.uint16], notes: Notes
) -> NDArray[np.uint16]:
    """Renumber the nuclei of a label image or mask (H, W) like the cells in which they lie."""
    nuclei, strays = match_nuclei(renumber(labels)[0], cells)
    if strays:
        notes.add("nuclei outside of all cells, left out", f"{path.name} ({strays})")
    note_cells_without_nucleus(path.name, nuclei, cells, notes)
    return nuclei


def note_cells_without_nucleus(
    where: str, nuclei: NDArray[np.uint16], cells: NDArray[np.uint16], notes: Notes
) -> None:
    """Note how many cells have no nucleus."""
    count = int(cells.max(initial=0))
    without = count - np.count_nonzero(count_pixels(nuclei, count)[1:])
    if without:
        notes.add("cells without a nucleus", f"{where} ({without} of {count} cells)")
