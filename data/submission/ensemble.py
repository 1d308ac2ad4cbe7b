"""One submission made of several: cells are matched by their masks, confidences averaged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.masks.rle import encode_runs
from data.predictions.prediction_string import Triples, format_prediction_string
from data.predictions.submission import Submission, SubmissionRow
from data.score.mask_matching import join_images
from data.submission.cells import Cell, SubmissionCells, match_cells

MaskChoice = Literal["first", "majority"]


@dataclass
class _Group:
    """One cell as several submissions have it: submission number -> its cell there."""

    members: dict[int, Cell] = field(default_factory=dict)

    @property
    def reference(self) -> Cell:
        """The cell of the first submission that has it."""
        return next(iter(self.members.values()))


def merge_submissions(
    submissions: Sequence[Submission],
    weights: Sequence[float],
    *,
    min_iou: float,
    mask: MaskChoice = "first",
    min_found: int = 1,
) -> Iterator[SubmissionRow]:
    """Merge submissions image by image.

    Parameters
    ----------
    submissions, weights
        Two or more, and how much each counts, above 0.
    min_iou
        Intersection over union from which on two masks are of one cell.
    mask
        Which mask a cell gets: that of the first submission that has it, or the pixels that more than half of
        the submissions that have it agree on, by weight.
    min_found
        Cells that fewer submissions have are left out.

    Yields
    ------
    SubmissionRow
        The images in the order of the first submission, then those that others have. The confidence of a
        class is its weighted mean over the submissions that have the image; where one lacks the cell or the
        class, it counts as 0. Triples are in descending order of confidence.

    Raises
    ------
    InputError
        An image has different sizes, or a mask cannot be read.
    """
    for number, submission in enumerate(submissions):
        for other in submissions[:number]:
            join_images(submission, other)
    readers = [SubmissionCells(submission) for submission in submissions]
    image_ids = dict.fromkeys(image_id for reader in readers for image_id in reader.rows)
    for image_id in image_ids:
        rows = {
            number: reader.rows[image_id] for number, reader in enumerate(readers) if image_id in reader.rows
        }
        first = next(iter(rows))
        width, height = submissions[first].images[["width", "height"]].to_numpy()[rows[first]].tolist()
        cells = {number: readers[number].of_image(row) for number, row in rows.items()}
        groups = _group(cells, min_iou, where=f"{submissions[first].source}, image {image_id}")
        groups = [group for group in groups if len(group.members) >= min(min_found, len(submissions))]
        total = sum(weights[number] for number in rows)
        text = _format_groups(groups, weights, total, mask, height * width)
        yield SubmissionRow(image_id, width, height, text)


def _group(cells: dict[int, list[Cell]], min_iou: float, *, where: str) -> list[_Group]:
    groups: list[_Group] = []
    for number, found in cells.items():
        references = [group.reference for group in groups]
        matched = {j: i for i, j, _ in match_cells(references, found, min_iou, where=where)}
        for place, cell in enumerate(found):
            if place in matched:
                groups[matched[place]].members[number] = cell
            else:
                groups.append(_Group({number: cell}))
    return groups


def _format_groups(
    groups: Sequence[_Group], weights: Sequence[float], total: float, mask: MaskChoice, pixels: int
) -> str:
    labels, confidences, masks = [], [], []
    for group in groups:
        string = group.reference.mask if mask == "first" else _vote(group, weights, pixels)
        for label in sorted({label for cell in group.members.values() for label in cell.confidences}):
            labels.append(label)
            confidences.append(
                sum(
                    weights[number] * cell.confidences.get(label, 0.0)
                    for number, cell in group.members.items()
                )
                / total
            )
            masks.append(string)
    order = np.argsort(-np.array(confidences, np.float64), kind="stable")
    triples = Triples(
        np.array(labels, np.int16)[order],
        np.array(confidences, np.float64)[order],
        [masks[place] for place in order.tolist()],
    )
    return format_prediction_string(triples)


def _vote(group: _Group, weights: Sequence[float], pixels: int) -> str:
    """Return the mask of the pixels that more than half of the members have, by weight."""
    if len(group.members) == 1:
        return group.reference.mask
    edges = np.concatenate([cell.runs.edges for cell in group.members.values()]).astype(np.int64)
    steps = np.concatenate(
        [
            np.tile([weights[number], -weights[number]], len(cell.runs.edges) // 2)
            for number, cell in group.members.items()
        ]
    )
    places, inverse = np.unique(edges, return_inverse=True)
    depth = np.cumsum(np.bincount(inverse, steps))
    # What is left of a sum of floats that cancel out is not more than half.
    half = sum(weights[number] for number in group.members) / 2 * (1 + 1e-9)
    return _encode_stretches(places, depth > half, pixels) or group.reference.mask


def _encode_stretches(places: NDArray[np.int64], inside: NDArray[np.bool_], pixels: int) -> str:
    """Encode the mask of the stretches from each place to the next that are inside; empty without one."""
    changes = np.flatnonzero(np.diff(inside, prepend=False))
    if not changes.size:
        return ""
    edges = np.concatenate(([0], places[changes], [pixels]))
    runs = np.diff(edges)
    return encode_runs(runs if runs[-1] else runs[:-1])


def check_images(submissions: Sequence[Submission]) -> None:
    """Check that all submissions have images in common with the first.

    Raises
    ------
    InputError
        One has not; the message names it.
    """
    common = set(submissions[0].images["image_id"])
    for submission in submissions[1:]:
        if common.isdisjoint(submission.images["image_id"]):
            raise InputError(
                found=f"none of the images of {submissions[0].source}",
                where=submission.source,
                expected="submissions for the same images",
            )
