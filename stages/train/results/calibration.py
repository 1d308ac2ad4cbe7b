"""The calibration of a training: fitted on the cells that its folds held out, together."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.calibration.calibration import Calibration
from data.calibration.calibration_error import calibrate_by_others, measure_calibration_errors
from data.calibration.fitting import find_known, fit_calibration
from data.rules.image_mean import average_with_image_mean
from data.thresholds.half import HalfThresholds
from data.thresholds.thresholds import find_thresholds
from data.training.training_set import TrainingSet
from stages.train.fold import FoldResult
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class FittedCalibration:
    """A calibration, and what it brings.

    Attributes
    ----------
    calibration
        What each classifier of the training is calibrated by.
    cells
        How many held-out cells it was fitted on.
    before, after
        Mean over the classes of the expected calibration error of these cells: as they were predicted, and
        calibrated by the other folds, or by the other half of the images of a single fold; NaN where there
        is no other.
    """

    calibration: Calibration
    cells: int
    before: float
    after: float

    def describe(self) -> dict[str, Any]:
        """Describe it for the record; figures that are not known are None."""
        figures = {"error_before": self.before, "error_after": self.after}
        known = {name: value if np.isfinite(value) else None for name, value in figures.items()}
        return {"kind": self.calibration.kind, "cells": self.cells, **known}


def calibrate_results(
    results: Sequence[FoldResult], training_set: TrainingSet, settings: TrainSettings
) -> tuple[Sequence[FoldResult], FittedCalibration | None]:
    """Fit a calibration, and return the results with the thresholds that go with it.

    Returns
    -------
    tuple
        The results as they are and None where the settings ask for none, or no cell is held out, which is
        told.
    """
    kind = settings.calibration
    if kind == "none":
        return results, None
    held_out = [np.flatnonzero(result.split.held_out) for result in results]
    rows = np.concatenate(held_out)
    if not len(rows):
        log.warning("calibration: no cell is held out, so probabilities stay as they are")
        return results, None
    own = np.concatenate([result.own_probabilities for result in results])
    targets = training_set.targets[rows].astype(np.float32)
    _warn_of_unknown(targets, training_set.class_names)
    folds = np.repeat(np.arange(len(results)), [len(fold) for fold in held_out])
    parts = folds if len(np.unique(folds)) > 1 else _halve(training_set, rows)
    after = np.nan
    if len(np.unique(parts)) > 1:
        after = _mean_error(calibrate_by_others(kind, own, targets, parts), targets)
    fitted = FittedCalibration(
        fit_calibration(kind, own, targets), len(rows), _mean_error(own, targets), after
    )
    log.info(
        "calibration (%s), fitted on %d held-out cells: expected calibration error %.4f before, %s",
        kind,
        len(rows),
        fitted.before,
        f"{after:.4f} calibrated by the others" if np.isfinite(after) else "unknown after",
    )
    return [
        _with_thresholds(result, training_set, fitted.calibration, settings) for result in results
    ], fitted


def _with_thresholds(
    result: FoldResult, training_set: TrainingSet, calibration: Calibration, settings: TrainSettings
) -> FoldResult:
    """Return a result whose thresholds are found on calibrated probabilities."""
    if isinstance(settings.thresholds, HalfThresholds) or result.thresholds is None:
        return result
    held_out = result.split.held_out
    calibrated = average_with_image_mean(
        calibration.apply(result.own_probabilities),
        training_set.image_ids.codes[held_out],
        result.architecture.image_weight,
    )
    targets = training_set.targets[held_out].astype(np.float32)
    found = find_thresholds(settings.thresholds, calibrated, targets)
    return replace(result, thresholds=found)


def _halve(training_set: TrainingSet, rows: NDArray[np.integer]) -> NDArray[np.intp]:
    """Divide cells into two halves, (n,) 0 or 1; images that belong together stay together."""
    groups = training_set.groups[training_set.places[rows]]
    return np.unique(groups, return_inverse=True)[1] % 2


def _mean_error(probabilities: NDArray[np.floating], targets: NDArray[np.floating]) -> float:
    errors = measure_calibration_errors(probabilities, targets)
    return float(np.nanmean(errors)) if np.isfinite(errors).any() else float("nan")


def _warn_of_unknown(targets: NDArray[np.floating], names: Sequence[str]) -> None:
    unknown = [names[label] for label in np.flatnonzero(~find_known(targets)).tolist()]
    if unknown:
        log.warning(
            "calibration: left as they are, with no held-out cell or with all: %s", ", ".join(unknown)
        )
