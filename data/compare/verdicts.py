"""What became of every cell of one label image in another: matched, split, merged, missed, or extra."""

from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.compare.agreement import CellOverlaps, check_threshold, count_overlaps

Verdict = Literal["matched", "split", "merged", "missed", "extra"]
"""What became of a cell of A in B:

matched
    Its IoU with a cell of B reaches the threshold.
split
    It is not matched, and at least two cells of B that lie mostly in it cover most of it together.
merged
    It is not matched, and lies mostly in a cell of B in which at least one more cell of A mostly lies.
missed
    Nothing of that; any other cell of B shares too little with it, or there is none.
extra
    A cell of B that is not matched, is no part of a split cell, and is not what cells of A are merged into.

Mostly and most are more than half of the area. What could be both split and merged counts as split.
"""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def judge_cells(a: NDArray[np.integer], b: NDArray[np.integer], threshold: float = 0.6) -> pd.DataFrame:
    """Return what became of every cell.

    Parameters
    ----------
    a, b
        (H, W) integer label images of one field, 0 = background; numbers may have gaps.
    threshold
        Least IoU of a match, above 0.5 and at most 1.

    Returns
    -------
    DataFrame
        ``cell_a``, ``cell_b`` (number of the cell with the highest IoU, 0 where there is none), ``iou`` and
        ``verdict``: one row per cell of A, in the order of its numbers, then a row an extra cell of B.

    Raises
    ------
    InputError
        For a threshold out of range, and as `data.compare.agreement.match_cells`.
    """
    check_threshold(threshold)
    pairs = count_overlaps(a, b)
    fate = _explain(pairs, threshold)
    best_b, best_iou = _find_best(pairs.cell_a, pairs.cell_b, pairs.iou, pairs.area_a.size)
    best_a, best_iou_b = _find_best(pairs.cell_b, pairs.cell_a, pairs.iou, pairs.area_b.size)
    cells = np.flatnonzero(pairs.area_a[1:]) + 1
    extra = np.flatnonzero((pairs.area_b[1:] > 0) & ~fate.explained_b[1:]) + 1
    return pd.DataFrame(
        {
            "cell_a": np.concatenate([cells, best_a[extra]]),
            "cell_b": np.concatenate([best_b[cells], extra]),
            "iou": np.concatenate([best_iou[cells], best_iou_b[extra]]),
            "verdict": [*fate.verdict_a[cells], *["extra"] * extra.size],
        }
    ).astype({"verdict": str})


class _Fate(NamedTuple):
    """Verdicts of the cells of A, and which cells of B appear in them, by number."""

    verdict_a: NDArray[np.object_]
    explained_b: NDArray[np.bool_]


def _explain(pairs: CellOverlaps, threshold: float) -> _Fate:
    count_a, count_b = pairs.area_a.size, pairs.area_b.size
    matches = pairs.iou >= threshold
    is_part = pairs.shared > pairs.area_b[pairs.cell_b] / 2
    parts = np.bincount(pairs.cell_a[is_part], minlength=count_a)
    covered = np.bincount(pairs.cell_a[is_part], weights=pairs.shared[is_part], minlength=count_a)
    split = (parts >= 2) & (covered > pairs.area_a / 2)
    is_place = pairs.shared > pairs.area_a[pairs.cell_a] / 2
    crowded = np.bincount(pairs.cell_b[is_place], minlength=count_b) >= 2
    merges = is_place & crowded[pairs.cell_b]
    verdict_a = np.full(count_a, "missed", object)
    verdict_a[pairs.cell_a[merges]] = "merged"
    verdict_a[split] = "split"
    verdict_a[pairs.cell_a[matches]] = "matched"
    of_split = is_part & (verdict_a[pairs.cell_a] == "split")
    explained = np.zeros(count_b, bool)
    explained[pairs.cell_b[matches | merges | of_split]] = True
    return _Fate(verdict_a, explained)


def _find_best(
    cell: NDArray[np.int64], other: NDArray[np.int64], iou: NDArray[np.float64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return by number each cell's partner with the highest IoU, of equal ones the lowest, and that IoU."""
    # Ascending, so that of the entries that are written to one place the best is the last.
    order = np.lexsort((-other, iou))
    best, highest = np.zeros(count, np.int64), np.zeros(count)
    best[cell[order]], highest[cell[order]] = other[order], iou[order]
    return best, highest
