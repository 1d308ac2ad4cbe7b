"""Calibrations, fitted to what a classifier says of cells that it was not trained on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from data.calibration.calibration import (
    Calibration,
    IsotonicCalibration,
    IsotonicCurve,
    Kind,
    TemperatureCalibration,
)

_LOWEST, _HIGHEST = 0.05, 20.0
"""Temperatures that are looked for; beyond them every probability is 0, 1 or 0.5."""

_SMALLEST = 1e-6
"""Probabilities are this far from 0 and 1 at least when a temperature is looked for: one cell that is surely
wrong would decide it alone."""

_UNCHANGED = IsotonicCurve(probabilities=(0.0, 1.0), calibrated=(0.0, 1.0))


def fit_calibration(
    kind: Kind, probabilities: NDArray[np.floating], targets: NDArray[np.floating]
) -> Calibration:
    """Fit the calibration of each class; one that no cell has, or that all cells have, stays as it is.

    Parameters
    ----------
    kind
        Which calibration.
    probabilities
        (n, classes), 0..1.
    targets
        (n, classes), 1 where a cell has the class.
    """
    known = find_known(targets)
    columns = zip(np.asarray(probabilities, np.float64).T, targets.T > 0, known, strict=True)
    if kind == "temperature":
        found = tuple(
            _find_temperature(values, truth) if is_known else 1.0 for values, truth, is_known in columns
        )
        return TemperatureCalibration(temperatures=found)
    curves = tuple(
        _find_curve(values, truth) if is_known else _UNCHANGED for values, truth, is_known in columns
    )
    return IsotonicCalibration(curves=curves)


def find_known(targets: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Find the classes that some cells have and some have not, (classes,) bool."""
    has = targets > 0
    return np.asarray(has.any(axis=0) & ~has.all(axis=0))


def _find_temperature(values: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Find the temperature of the greatest likelihood."""
    logits = logit(np.clip(values, _SMALLEST, 1 - _SMALLEST))
    signed = np.where(truth, logits, -logits)

    def loss(log_temperature: float) -> float:
        return float(-np.log(np.maximum(expit(signed / np.exp(log_temperature)), 1e-300)).mean())

    bounds = (float(np.log(_LOWEST)), float(np.log(_HIGHEST)))
    found: Any = minimize_scalar(loss, bounds=bounds, method="bounded")
    return float(np.exp(found.x))


def _find_curve(values: NDArray[np.float64], truth: NDArray[np.bool_]) -> IsotonicCurve:
    """Find the rising curve of the least squares."""
    regression = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(
        values, truth.astype(np.float64)
    )
    return IsotonicCurve(
        probabilities=tuple(map(float, regression.X_thresholds_)),
        calibrated=tuple(map(float, regression.y_thresholds_)),
    )
