"""The correlation of neurons with measured features."""

import numpy as np
from numpy.typing import NDArray

_LEAST_CELLS = 3


def correlate(values: NDArray[np.floating], measured: NDArray[np.floating]) -> NDArray[np.float64]:
    """Correlate each neuron with each measured feature, by Pearson's coefficient.

    Parameters
    ----------
    values
        (n, E) what each neuron gives for each cell.
    measured
        (n, M) features of the same cells; a cell whose feature is NaN is left out for that one.

    Returns
    -------
    ndarray (E, M)
        NaN where a neuron or a feature does not vary, or is known for fewer than three cells.
    """
    coefficients = np.full((values.shape[1], measured.shape[1]), np.nan)
    for column, feature in enumerate(measured.T):
        known = np.isfinite(feature)
        if known.sum() < _LEAST_CELLS:
            continue
        neurons = values[known].astype(np.float64)
        varies = np.ptp(neurons, axis=0) > 0
        if np.ptp(feature[known]) > 0:
            apart = neurons[:, varies] - neurons[:, varies].mean(axis=0)
            from_mean = feature[known] - feature[known].mean()
            scale = np.sqrt((apart**2).sum(axis=0) * (from_mean**2).sum())
            coefficients[varies, column] = from_mean @ apart / scale
    return coefficients


def find_strongest(coefficients: NDArray[np.floating]) -> NDArray[np.intp]:
    """Find for each row of (E, M) the column of the coefficient farthest from 0; -1 where all are NaN."""
    strength = np.nan_to_num(np.abs(coefficients), nan=-1.0)
    return np.where(strength.max(axis=1) < 0, -1, strength.argmax(axis=1))


def choose_strongest(
    coefficients: NDArray[np.floating], rows: int, columns: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Choose the rows of (E, M) that have the strongest coefficients, and the columns strongest in them.

    Returns
    -------
    rows, columns
        At most so many of each, the rows by their strongest coefficient and the columns in their order.
    """
    strength = np.nan_to_num(np.abs(coefficients), nan=-1.0)
    best_rows = np.argsort(-strength.max(axis=1), kind="stable")[:rows]
    best_columns = np.argsort(-strength[best_rows].max(axis=0), kind="stable")[:columns]
    return best_rows, np.sort(best_columns)
