"""Soft targets of a student: what a teacher says of each cell, alone or averaged with the known labels."""

import numpy as np
from numpy.typing import NDArray

from data.predictions.called_classes import decide

_ROUNDING = 0.01
"""Of sums that were computed in bfloat16."""

_PART_ROWS = 8192


def share_one(probabilities: NDArray[np.floating]) -> bool:
    """Return whether the classes of every cell share a probability of 1, as those of a softmax do.

    Parameters
    ----------
    probabilities
        (n, classes), 0..1.
    """
    return bool((np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1) <= _ROUNDING).all())


def average_with_labels(
    probabilities: NDArray[np.floating],
    labels: NDArray[np.bool_],
    *,
    single_label: bool,
    weight: float,
) -> NDArray[np.float32]:
    """Average a teacher's probabilities with the labels of the cells that have any.

    ``(1 - weight) * teacher + weight * label``. With one class a cell, several labels share the 1.

    Parameters
    ----------
    probabilities
        (n, classes), 0..1.
    labels
        (n, classes), True where the cell's image has the class; a row of False where it has no label.
    single_label
        Whether the classes of a cell share a probability of 1.
    weight
        Part of the labels, 0..1.

    Returns
    -------
    ndarray (n, classes)
        float32 in 0..1.
    """
    averaged = np.empty(probabilities.shape, np.float32)
    # In float64, which of all cells would take several times what comes of it.
    for start in range(0, len(averaged), _PART_ROWS):
        rows = slice(start, start + _PART_ROWS)
        known = labels[rows].astype(np.float32)
        counts = known.sum(axis=1, keepdims=True)
        if single_label:
            known /= np.maximum(counts, 1)
        part = np.where(counts > 0, weight, 0.0)
        averaged[rows] = (1 - part) * probabilities[rows] + part * known
    return averaged


def call_targets(targets: NDArray[np.floating], *, single_label: bool) -> NDArray[np.bool_]:
    """Call the classes of soft targets: the likeliest one, or, of sigmoids, those from 0.5 on.

    Returns
    -------
    ndarray (n, classes)
        bool.
    """
    return decide(targets, None if single_label else 0.5)
