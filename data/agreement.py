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


def match_cells(reference: np.ndarray, predicted: np.ndarray) -> coo_array:
    """Give the IoU of every pair of cells that share a pixel.

    Parameters
    ----------
    reference, predicted
        (H, W) integer label images of one field, 0 = background; numbers may have gaps.

    Returns
    -------
    coo_array
        (largest reference number + 1, largest predicted number + 1) float64; element (r, p) is the IoU of
        cell r and cell p. Pairs that do not overlap, and the background, are not stored.

    Raises
    ------
    InputError
        When the images differ in shape, are not 2-D or do not hold integers from 0 up.
    """
    if reference.shape != predicted.shape or reference.ndim != 2:
        found = f"shapes {reference.shape} and {predicted.shape}"
        raise InputError(found=found, where="label images", expected="two images (H, W) of one size")
    reference_area = _pixels_per_number(reference, "reference label image")
    predicted_area = _pixels_per_number(predicted, "predicted label image")
    both = (reference > 0) & (predicted > 0)
    columns = predicted_area.size
    pair_of_pixel = reference[both].astype(np.int64) * columns + predicted[both]
    pairs, shared = np.unique(pair_of_pixel, return_counts=True)
    rows, cols = np.divmod(pairs, columns)
    union = reference_area[rows] + predicted_area[cols] - shared
    return coo_array((shared / union, (rows, cols)), shape=(reference_area.size, columns))


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
    if not 0.5 < threshold <= 1:
        raise InputError(found=f"{threshold}", where="IoU threshold", expected="above 0.5 and at most 1")
    iou = match_cells(reference, predicted).data
    matched = iou[iou >= threshold]
    return Agreement(
        reference_cells=_count_cells(reference),
        predicted_cells=_count_cells(predicted),
        matched_cells=int(matched.size),
        matched_iou=float(matched.sum()),
    )


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
