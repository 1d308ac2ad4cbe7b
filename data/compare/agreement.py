"""How well two label images of one field agree, cell by cell."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from data.errors import InputError


@dataclass(frozen=True)
class Agreement:
    """Cells of a reference and of a prediction, and how many of them are the same; sums over fields add up.

    Attributes
    ----------
    reference_cells, predicted_cells
        Cells in each label image.
    matched_cells
        Pairs whose intersection over union (IoU) reaches the threshold.
    matched_iou
        Sum of the IoU over the matched pairs.
    """

    reference_cells: int = 0
    predicted_cells: int = 0
    matched_cells: int = 0
    matched_iou: float = 0.0

    def __add__(self, other: "Agreement") -> "Agreement":
        """Pool the cells of two fields."""
        return Agreement(
            self.reference_cells + other.reference_cells,
            self.predicted_cells + other.predicted_cells,
            self.matched_cells + other.matched_cells,
            self.matched_iou + other.matched_iou,
        )

    @property
    def precision(self) -> float:
        """Share of the predicted cells that are in the reference; NaN when none is predicted."""
        return _ratio(self.matched_cells, self.predicted_cells)

    @property
    def recall(self) -> float:
        """Share of the reference's cells that were found; NaN when it has none."""
        return _ratio(self.matched_cells, self.reference_cells)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN when neither image has a cell."""
        return _ratio(2 * self.matched_cells, self.reference_cells + self.predicted_cells)

    @property
    def mean_iou(self) -> float:
        """Mean IoU of the matched pairs; NaN when there is none."""
        return _ratio(self.matched_iou, self.matched_cells)


@dataclass(frozen=True)
class CellOverlaps:
    """Every pair of a cell of A and a cell of B that share a pixel, ordered by the first, then the second.

    Attributes
    ----------
    cell_a, cell_b, shared
        (pairs,) int64: the two numbers, and the pixels that they share.
    area_a, area_b
        (highest number + 1,) int64 pixels by number; that of 0 is the background's.
    """

    cell_a: np.ndarray
    cell_b: np.ndarray
    shared: np.ndarray
    area_a: np.ndarray
    area_b: np.ndarray

    @property
    def iou(self) -> np.ndarray:
        """Intersection over union of each pair; (pairs,) float64."""
        return self.shared / (self.area_a[self.cell_a] + self.area_b[self.cell_b] - self.shared)


def count_overlaps(a: np.ndarray, b: np.ndarray) -> CellOverlaps:
    """Count the pixels that the cells of two label images share.

    Parameters
    ----------
    a, b
        (H, W) integer label images of one field, 0 = background; numbers may have gaps.

    Raises
    ------
    InputError
        When the images differ in shape, are not 2-D or do not hold integers from 0 up.
    """
    if a.shape != b.shape or a.ndim != 2:
        found = f"shapes {a.shape} and {b.shape}"
        raise InputError(found=found, where="label images", expected="two images (H, W) of one size")
    area_a = _pixels_per_number(a, "first label image")
    area_b = _pixels_per_number(b, "second label image")
    both = (a > 0) & (b > 0)
    pairs, shared = np.unique(a[both].astype(np.int64) * area_b.size + b[both], return_counts=True)
    cell_a, cell_b = np.divmod(pairs, area_b.size)
    return CellOverlaps(cell_a, cell_b, shared, area_a, area_b)


def match_cells(reference: np.ndarray, predicted: np.ndarray) -> coo_array:
    """Return the IoU of every pair of cells that share a pixel.

    Parameters
    ----------
    reference, predicted
        As `count_overlaps`.

    Returns
    -------
    coo_array
        (largest reference number + 1, largest predicted number + 1) float64; element (r, p) is the IoU of
        cell r and cell p. Pairs that do not overlap, and the background, are not stored.

    Raises
    ------
    InputError
        As `count_overlaps`.
    """
    pairs = count_overlaps(reference, predicted)
    shape = pairs.area_a.size, pairs.area_b.size
    return coo_array((pairs.iou, (pairs.cell_a, pairs.cell_b)), shape=shape)


def compare_cells(reference: np.ndarray, predicted: np.ndarray, threshold: float = 0.6) -> Agreement:
    """Count the cells that two label images of one field have in common.

    Above an IoU of 0.5 a cell has at most one partner, so that the matching needs no search and depends on no
    order (Kirillov et al. 2019, "Panoptic segmentation", section 4.1).

    Parameters
    ----------
    reference, predicted
        (H, W) integer label images, 0 = background.
    threshold
        Least IoU of a match, above 0.5 and at most 1; 0.6 is that of the Kaggle 2021 metric.

    Raises
    ------
    InputError
        For a threshold out of range, and as `match_cells`.
    """
    check_threshold(threshold)
    iou = match_cells(reference, predicted).data
    matched = iou[iou >= threshold]
    return Agreement(
        reference_cells=_count_cells(reference),
        predicted_cells=_count_cells(predicted),
        matched_cells=int(matched.size),
        matched_iou=float(matched.sum()),
    )


def check_threshold(threshold: float) -> None:
    """Refuse an IoU threshold at which a cell could match two others, or none.

    Raises
    ------
    InputError
        Unless it is above 0.5 and at most 1.
    """
    if not 0.5 < threshold <= 1:
        raise InputError(found=f"{threshold}", where="IoU threshold", expected="above 0.5 and at most 1")


def pool_agreements(agreements: Iterable[Agreement]) -> Agreement:
    """Add up the agreements of several fields, so that each cell weighs the same."""
    return sum(agreements, start=Agreement())


def _count_cells(labels: np.ndarray) -> int:
    return int(np.count_nonzero(np.bincount(labels.ravel())[1:]))


def _pixels_per_number(labels: np.ndarray, where: str) -> np.ndarray:
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(found=f"{labels.dtype} values", where=where, expected="integers")
    if labels.size and labels.min() < 0:
        raise InputError(found="a negative number", where=where, expected="cell numbers from 0 up")
    return np.bincount(labels.ravel(), minlength=1)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
