"""F1 of every class at many thresholds at once."""

import numpy as np
from numpy.typing import NDArray

_EQUAL = 1e-12
"""F1 scores this near to each other count as equal: they differ by rounding alone."""


def measure_f1_curves(
    probabilities: NDArray[np.floating], positive: NDArray[np.bool_], grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Measure the F1 score of each class with each threshold of a grid.

    Parameters
    ----------
    probabilities
        (n, C), 0..1; a class is found where its probability is at least the threshold.
    positive
        (n, C): where the class is true.
    grid
        (G,) thresholds, ascending.

    Returns
    -------
    ndarray (G, C)
        2 TP / (found + true); 0 where nothing is found or true. One sort a class, whatever G is.
    """
    count, classes = probabilities.shape
    curves = np.zeros((len(grid), classes))
    for label in range(classes):
        scores = probabilities[:, label].astype(np.float64)
        order = np.argsort(scores)
        # Right ones among the first k of the ascending order, for k = 0..n.
        right = np.concatenate(([0], np.cumsum(positive[order, label])))
        below = np.searchsorted(scores[order], grid, side="left")
        found_or_true = count - below + right[-1]
        curves[:, label] = 2 * (right[-1] - right[below]) / np.maximum(found_or_true, 1)
    return curves


def choose_nearest(
    scores: NDArray[np.float64], grid: NDArray[np.float64], preferred: float | NDArray[np.float64] = 0.5
) -> NDArray[np.float64]:
    """Choose the threshold of the highest score; of equal ones, that nearest to the preferred one.

    Of two equally near ones, the lower is chosen.

    Parameters
    ----------
    scores
        (G, C) of each threshold and class.
    grid
        (G,) thresholds, ascending.
    preferred
        A number, or one a class, (C,).

    Returns
    -------
    ndarray (C,)
        A threshold a class.
    """
    distance = np.abs(grid[:, None] - preferred)
    best = scores >= scores.max(axis=0) - _EQUAL
    return grid[np.where(best, np.round(distance, 9), np.inf).argmin(axis=0)]


def make_grid(least: float, most: float, step: float) -> NDArray[np.float64]:
    """Return the thresholds from ``least`` to ``most``, both included where the step leads there."""
    count = int((most - least) / step + 1e-9) + 1
    return np.round(least + step * np.arange(count, dtype=np.float64), 9)
