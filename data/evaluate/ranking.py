"""Figures of the order that probabilities give, whatever the thresholds; by scikit-learn."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score


def average_precisions(
    probabilities: NDArray[np.floating], positive: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Compute the average precision of each class, (C,); NaN for a class that nothing has.

    The sum over the ranked scores of the growth of recall times precision, without interpolation.
    """
    return _each(average_precision_score, probabilities, positive, positive.sum(axis=0) > 0)


def roc_areas(probabilities: NDArray[np.floating], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Compute the area under the ROC curve of each class, (C,); NaN for one that nothing or all have."""
    counts = positive.sum(axis=0)
    both = (counts > 0) & (counts < len(positive))
    return _each(roc_auc_score, probabilities, positive, both)


def pool_classes(
    probabilities: NDArray[np.floating], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Put all classes below each other as one, (n * C, 1), for micro averages."""
    return probabilities.reshape(-1, 1), positive.reshape(-1, 1)


def _each(
    measure: Callable[..., float],
    probabilities: NDArray[np.floating],
    positive: NDArray[np.bool_],
    defined: NDArray[np.bool_],
) -> NDArray[np.float64]:
    figures = np.full(len(defined), np.nan)
    # Nothing can be ranked by numbers that are none, as those of a network that has run away.
    defined = defined & np.isfinite(probabilities).all(axis=0)
    for label in np.flatnonzero(defined).tolist():
        figures[label] = measure(positive[:, label], probabilities[:, label])
    return figures
