"""Which cells the training of each classifier holds out: of one, or of one for each fold."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.labels.folds import hold_out
from data.training.training_set import TrainingSet
from models.classifiers.fold_folders import fold_folder
from stages.train.settings import ALL_FOLDS, TrainSettings

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Split:
    """A training to come.

    Attributes
    ----------
    folder
        Of the classifier: the model folder itself, or a fold's in it.
    held_out
        (n,) bool: the cells that are not trained on, and that it is evaluated on.
    """

    folder: Path
    held_out: NDArray[np.bool_]


def list_splits(training_set: TrainingSet, settings: TrainSettings, model: Path) -> list[Split]:
    """List the trainings, of all folds where the settings ask for them.

    A fold that can hold out no image would be a classifier of all cells. Where that is the only one, it is
    trained alone, in the model folder itself; else it is left out. The user is told once.
    """
    split, images = settings.split, len(training_set.images)
    nothing = Split(model, np.zeros(len(training_set.rows), bool))
    if split.folds < 2:
        return [nothing]
    numbers = range(split.folds) if split.fold == ALL_FOLDS else [int(split.fold)]
    folds = [
        Split(fold_folder(model, number), _hold_out(training_set, settings, number)) for number in numbers
    ]
    possible = [fold for fold in folds if fold.held_out.any()]
    if split.fold != ALL_FOLDS:
        if not possible:
            log.warning(
                "%d labelled images are too few to hold some out for fold %d: training without validation",
                images,
                split.fold,
            )
        return [Split(model, folds[0].held_out)]
    if not possible:
        log.warning(
            "%d labelled images are too few to hold some out: one classifier is trained, without validation "
            "and without out-of-fold predictions",
            images,
        )
        return [nothing]
    if len(possible) < len(folds):
        log.warning(
            "%d labelled images are too few for %d folds: %d are trained, %s",
            images,
            len(folds),
            len(possible),
            ", ".join(fold.folder.name for fold in possible),
        )
    return possible


def _hold_out(training_set: TrainingSet, settings: TrainSettings, fold: int) -> NDArray[np.bool_]:
    """Mark the cells of the images that a fold holds out, (n,) bool; none where it can hold out none."""
    split = settings.split
    held_out = hold_out(
        training_set.shown, training_set.groups, split.folds, fold, settings.seed, split.stratify
    )
    return held_out[training_set.places]
