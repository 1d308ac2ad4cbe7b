"""Intersection over union of masks that are kept as runs, never laid out as images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError

_PAIRS_AT_A_TIME = 2**20
"""Pairs of boxes compared at a time, which take some 100 MB."""

_MAX_BOXES = 2**30
"""Pairs of boxes: of 32,000 masks and as many, a minute's work."""

_MAX_PAIRS = 2**21
"""Pairs that are compared pixel by pixel: a minute's work, and 100 times those of 10,000 cells."""


@dataclass(frozen=True)
class MaskRuns:
    """A mask as the column-major stretches of its pixels.

    Attributes
    ----------
    edges
        (2 r,) float64 whole numbers, strictly ascending: the first pixel of a stretch, the first one after
        it, and so on for r stretches.
    area
        Pixels of the mask.
    box
        y0, x0, y1, x1 of a half-open box around it, px; all 0 for an empty mask.
    """

    edges: NDArray[np.float64]
    area: int
    box: tuple[int, int, int, int]


def mask_from_runs(runs: NDArray[np.int64], height: int) -> MaskRuns:
    """Make a mask from its column-major run lengths, zeros first, in an image ``height`` px high."""
    edges = np.cumsum(runs)[: len(runs) // 2 * 2]
    if (runs[1:] == 0).any():
        # A run of length 0 joins its neighbours: its two edges cancel out.
        positions, times = np.unique(edges, return_counts=True)
        edges = positions[times % 2 == 1]
    if not edges.size:
        return MaskRuns(np.empty(0), 0, (0, 0, 0, 0))
    first, last = edges[0::2], edges[1::2] - 1
    x0, x1 = int(first[0] // height), int(last[-1] // height) + 1
    top, bottom = first % height, last % height
    if (last - first > bottom - top).any():
        y0, y1 = 0, height
    else:
        y0, y1 = int(top.min()), int(bottom.max()) + 1
    return MaskRuns(edges.astype(np.float64), int((last - first + 1).sum()), (y0, x0, y1, x1))


def intersection_area(first: MaskRuns, second: MaskRuns) -> int:
    """Count the pixels that two masks of one image share."""
    if not first.area or not second.area:
        return 0
    # Between two edges the number of pixels of a mask below a position is constant or grows by 1 a pixel: a
    # polyline, which interpolation reads off exactly at every edge of the other mask.
    stretches = np.diff(first.edges)
    stretches[1::2] = 0
    below = np.interp(second.edges, first.edges, np.concatenate(([0.0], np.cumsum(stretches))))
    return int(below[1::2].sum() - below[0::2].sum())


def find_overlaps(
    first: Sequence[MaskRuns],
    second: Sequence[MaskRuns],
    min_iou: float,
    *,
    where: object = "the masks of an image",
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Find the pairs of masks whose intersection over union reaches a bound.

    Parameters
    ----------
    first, second
        Masks of one image.
    min_iou
        The bound, above 0.
    where
        What to name in an error message.

    Returns
    -------
    first_index, second_index, iou
        (pairs,) each; in ascending order of the first, then of the second index.

    Raises
    ------
    InputError
        Far more pairs lie over each other than cells do.
    """
    candidates = _find_candidates(first, second, min_iou, where)
    ious = np.empty(len(candidates))
    for row, (i, j) in enumerate(candidates.tolist()):
        shared = intersection_area(first[i], second[j])
        ious[row] = shared / (first[i].area + second[j].area - shared)
    reached = ious >= min_iou
    return candidates[reached, 0], candidates[reached, 1], ious[reached]


def _find_candidates(
    first: Sequence[MaskRuns], second: Sequence[MaskRuns], min_iou: float, where: object
) -> NDArray[np.intp]:
    if len(first) * len(second) > _MAX_BOXES:
        raise InputError(
            found=f"{len(first)} and {len(second)} masks to compare", where=where, expected="masks of cells"
        )
    parts, total = [np.empty((0, 2), np.intp)], 0
    rows = max(1, _PAIRS_AT_A_TIME // max(len(second), 1))
    for start in range(0, len(first), rows):
        pairs = np.argwhere(_highest_possible_iou(first[start : start + rows], second) >= min_iou)
        pairs[:, 0] += start
        parts.append(pairs)
        total += len(pairs)
        if total > _MAX_PAIRS:
            raise InputError(
                found=f"more than {_MAX_PAIRS} pairs of masks that lie over each other",
                where=where,
                expected="masks of cells",
            )
    return np.concatenate(parts)


def _highest_possible_iou(first: Sequence[MaskRuns], second: Sequence[MaskRuns]) -> NDArray[np.float64]:
    """Bound the intersection over union of every pair, (first, second), by boxes and areas."""
    first_area, second_area = (np.array([mask.area for mask in masks], float) for masks in (first, second))
    first_box, second_box = (
        np.array([mask.box for mask in masks], float).reshape(-1, 4) for masks in (first, second)
    )
    low = np.maximum(first_box[:, None, :2], second_box[None, :, :2])
    high = np.minimum(first_box[:, None, 2:], second_box[None, :, 2:])
    in_both_boxes = np.maximum(high - low, 0).prod(axis=2)
    smaller = np.minimum(first_area[:, None], second_area)
    shared = np.minimum(in_both_boxes, smaller)
    union = first_area[:, None] + second_area - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
