"""How far probabilities are from how often they are right."""

import math

import numpy as np
from numpy.typing import NDArray

from data.calibration.calibration import Kind
from data.calibration.fitting import find_known, fit_calibration

_BINS = 15


def measure_calibration_errors(
    probabilities: NDArray[np.floating], targets: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Measure the expected calibration error of each class, (classes,) in 0..1.

    Cells are sorted by the probability of the class into 15 bins of equal width. The error is the mean over
    the cells of the distance between the mean probability of their bin and the part of it that has the class
    (Naeini et al., AAAI 2015; Guo et al., ICML 2017). NaN for a class that no cell has, or all have.

    Parameters
    ----------
    probabilities
        (n, classes), 0..1.
    targets
        (n, classes), 1 where a cell has the class.
    """
    errors = np.full(targets.shape[1], math.nan)
    for label in np.flatnonzero(find_known(targets)):
        values, truth = probabilities[:, label].astype(np.float64), targets[:, label] > 0
        bins = np.minimum((values * _BINS).astype(np.intp), _BINS - 1)
        surplus = np.bincount(bins, values - truth, _BINS)
        errors[label] = np.abs(surplus).sum() / len(values)
    return errors


def calibrate_by_others(
    kind: Kind, probabilities: NDArray[np.floating], targets: NDArray[np.floating], parts: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Calibrate each part of some cells as the other parts say, (n, classes), to measure what error is left.

    A calibration always fits the cells that it was fitted to.

    Parameters
    ----------
    kind, probabilities, targets
        As for `data.calibration.fitting.fit_calibration`.
    parts
        (n,) number of the part of each cell; at least two different ones.
    """
    calibrated = np.empty(probabilities.shape)
    for part in np.unique(parts):
        own = parts == part
        calibrated[own] = fit_calibration(kind, probabilities[~own], targets[~own]).apply(probabilities[own])
    return calibrated
