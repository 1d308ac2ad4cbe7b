"""The figures of merit by which the papers of the field compare segmentations."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from data.compare.agreement import CellOverlaps, count_overlaps

THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""IoU 0.5 to 0.95."""


@dataclass(frozen=True)
class SegmentationScores:
    """What two segmentations have in common, as counts that add up over fields.

    Attributes
    ----------
    reference_cells, predicted_cells
        Cells in each label image.
    matched
        (10,) pairs whose IoU reaches each of `THRESHOLDS`; at 0.5 it must be above, so that no cell has two
        partners.
    shared_area, joined_area
        Pixels of the aggregated Jaccard index (AJI): those that each reference cell shares with the predicted
        cell of the highest IoU, and those of both together with all predicted cells that no reference cell
        took.
    matched_reference_area, matched_predicted_area
        Pixels of the pairs with an IoU above 0.5.
    reference_edge, predicted_edge
        Pixels at the edges of cells.
    found_edge, right_edge
        Those of the reference that have an edge of the prediction nearby, and the reverse.
    """

    reference_cells: int
    predicted_cells: int
    matched: NDArray[np.int64]
    shared_area: int
    joined_area: int
    matched_reference_area: int
    matched_predicted_area: int
    reference_edge: int
    predicted_edge: int
    found_edge: int
    right_edge: int

    def __add__(self, other: "SegmentationScores") -> "SegmentationScores":
        """Pool the cells of two fields."""
        return SegmentationScores(
            *(getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        )

    @property
    def f1(self) -> NDArray[np.float64]:
        """(10,) F1 at each threshold; NaN when there is no cell."""
        return _divide(2 * self.matched, self.reference_cells + self.predicted_cells)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """(10,) matched / (matched + missed + extra) at each threshold; NaN when there is no cell.

        Its mean is the mean segmentation accuracy, which Cellpose's papers call average precision.
        """
        return _divide(self.matched, self.reference_cells + self.predicted_cells - self.matched)

    @property
    def aji(self) -> float:
        """Aggregated Jaccard index (Kumar et al. 2017, IEEE Trans Med Imaging 36:1550)."""
        return float(_divide(self.shared_area, self.joined_area))

    @property
    def area_ratio(self) -> float:
        """Area of the predicted cells over that of the reference's, in pairs with an IoU above 0.5."""
        return float(_divide(self.matched_predicted_area, self.matched_reference_area))

    @property
    def boundary_f1(self) -> float:
        """Harmonic mean of the shares of either's edges that have the other's nearby."""
        if not self.reference_edge and not self.predicted_edge:
            return float("nan")
        recall = self.found_edge / self.reference_edge if self.reference_edge else 0.0
        precision = self.right_edge / self.predicted_edge if self.predicted_edge else 0.0
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score_segmentation(
    reference: NDArray[np.integer], predicted: NDArray[np.integer], tolerance_px: float
) -> SegmentationScores:
    """Compute what two label images of one field have in common.

    Parameters
    ----------
    reference, predicted
        (H, W) integer label images, 0 = background; numbers may have gaps.
    tolerance_px
        Distance in px up to which an edge is nearby.

    Raises
    ------
    InputError
        As `data.compare.agreement.count_overlaps`.
    """
    pairs = count_overlaps(reference, predicted)
    iou = pairs.iou
    least = np.array(THRESHOLDS)
    # Above a half no cell has two partners.
    reached = (iou[:, np.newaxis] >= least - 1e-12) & (iou > 0.5)[:, np.newaxis]
    best = iou > 0.5
    shared, joined = _aggregate_jaccard(pairs)
    edges = [find_boundaries(labels, mode="inner") for labels in (reference, predicted)]
    return SegmentationScores(
        reference_cells=int(np.count_nonzero(pairs.area_a[1:])),
        predicted_cells=int(np.count_nonzero(pairs.area_b[1:])),
        matched=reached.sum(axis=0),
        shared_area=shared,
        joined_area=joined,
        matched_reference_area=int(pairs.area_a[pairs.cell_a[best]].sum()),
        matched_predicted_area=int(pairs.area_b[pairs.cell_b[best]].sum()),
        reference_edge=int(edges[0].sum()),
        predicted_edge=int(edges[1].sum()),
        found_edge=_count_near(edges[0], edges[1], tolerance_px),
        right_edge=_count_near(edges[1], edges[0], tolerance_px),
    )


def pool_scores(scores: Iterable[SegmentationScores]) -> SegmentationScores:
    """Add up the scores of several fields, at least one, so that each cell weighs the same."""
    first, *others = scores
    return sum(others, start=first)


def _aggregate_jaccard(pairs: CellOverlaps) -> tuple[int, int]:
    order = np.lexsort((-pairs.iou, pairs.cell_a))
    cells, first = np.unique(pairs.cell_a[order], return_index=True)
    best = order[first]
    shared = pairs.shared[best]
    joined = pairs.area_a[cells] + pairs.area_b[pairs.cell_b[best]] - shared
    is_taken = np.zeros(pairs.area_b.size, bool)
    is_taken[pairs.cell_b[best]] = True
    is_alone = np.ones(pairs.area_a.size, bool)
    is_alone[cells] = False
    alone = pairs.area_a[1:][is_alone[1:]].sum() + pairs.area_b[1:][~is_taken[1:]].sum()
    return int(shared.sum()), int(joined.sum() + alone)


def _count_near(edge: NDArray[np.bool_], other: NDArray[np.bool_], tolerance_px: float) -> int:
    """Count the pixels of an edge that have another at most so far away."""
    if not other.any():
        return 0
    distance = cv2.distanceTransform((~other).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return int((distance[edge] <= tolerance_px + 1e-3).sum())


def _divide(part: NDArray[np.int64] | int, whole: NDArray[np.int64] | int) -> NDArray[np.float64]:
    above, below = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    nothing = np.full(np.broadcast(above, below).shape, np.nan)
    return np.divide(above, below, out=nothing, where=below > 0)
