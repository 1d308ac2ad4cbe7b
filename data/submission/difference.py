"""How two submissions differ: which cells are the same, moved, lost or added, and their confidences."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from data.predictions.submission import Submission
from data.score.mask_matching import join_images
from data.submission.cells import Cell, SubmissionCells, match_cells

State = Literal["same", "matched", "moved", "lost", "added"]

_MOVED_IOU = 0.1
"""Intersection over union from which on two cells that do not match are one that was moved; below are
neighbours whose borders differ."""


@dataclass(frozen=True)
class CellChange:
    """What became of a cell.

    Attributes
    ----------
    image_id
        Its image.
    state
        ``same`` pixels, ``matched`` (intersection over union of at least the bound), ``moved`` (less),
        ``lost`` (in the first submission alone) or ``added`` (in the second alone).
    iou
        Intersection over union; None of a cell in one submission alone.
    first_triple, second_triple
        The first triples with its mask, from 1; None where it is not there.
    confidences
        Class number -> confidences in the first and in the second submission, None where the class is not
        there.
    """

    image_id: str
    state: State
    iou: float | None
    first_triple: int | None
    second_triple: int | None
    confidences: dict[int, tuple[float | None, float | None]]


@dataclass(frozen=True)
class SubmissionDifference:
    """How two submissions differ.

    Attributes
    ----------
    cells
        Every cell of the images that both have.
    lost_images, added_images
        IDs of the images that one of them has alone.
    """

    cells: list[CellChange]
    lost_images: list[str]
    added_images: list[str]

    def count_states(self) -> dict[str, int]:
        """Count the cells of each state."""
        counts = Counter(cell.state for cell in self.cells)
        return {state: counts[state] for state in ("same", "matched", "moved", "lost", "added")}


def compare_submissions(first: Submission, second: Submission, min_iou: float) -> SubmissionDifference:
    """Compare two submissions cell by cell.

    Raises
    ------
    InputError
        An image has different sizes in the two, or a mask cannot be read.
    """
    join_images(second, first)
    readers = SubmissionCells(first), SubmissionCells(second)
    changes: list[CellChange] = []
    for image_id, row in readers[0].rows.items():
        other = readers[1].rows.get(image_id)
        if other is not None:
            cells = readers[0].of_image(row), readers[1].of_image(other)
            changes += _compare_cells(image_id, *cells, min_iou, where=f"{second.source}, image {image_id}")
    lost, added = ([i for i in a.rows if i not in b.rows] for a, b in (readers, readers[::-1]))
    return SubmissionDifference(changes, lost, added)


def _compare_cells(
    image_id: str, first: list[Cell], second: list[Cell], min_iou: float, *, where: str
) -> list[CellChange]:
    matches = match_cells(first, second, min(min_iou, _MOVED_IOU), where=where)
    partners = {i: (j, iou) for i, j, iou in matches}
    changes = []
    for number, cell in enumerate(first):
        if number not in partners:
            changes.append(CellChange(image_id, "lost", None, cell.triple, None, _join(cell, None)))
            continue
        partner, iou = partners[number]
        other = second[partner]
        state: State = "same" if iou == 1 else "matched" if iou >= min_iou else "moved"
        changes.append(CellChange(image_id, state, iou, cell.triple, other.triple, _join(cell, other)))
    matched = {j for j, _ in partners.values()}
    changes += [
        CellChange(image_id, "added", None, None, cell.triple, _join(None, cell))
        for number, cell in enumerate(second)
        if number not in matched
    ]
    return changes


def _join(first: Cell | None, second: Cell | None) -> dict[int, tuple[float | None, float | None]]:
    given = [cell.confidences if cell is not None else {} for cell in (first, second)]
    return {label: (given[0].get(label), given[1].get(label)) for label in sorted({*given[0], *given[1]})}
