"""The folders of trained classifiers: one in the model folder itself, or one for each fold below it."""

import shutil
from collections.abc import Collection
from pathlib import Path

from data.training.history import METRICS
from models.classifiers.fold_folders import list_folds
from models.classifiers.model_folder import DESCRIPTION, WEIGHTS

CURVES = "curves.png"


def remove_others(model: Path, written: Collection[Path]) -> None:
    """Remove the classifiers that an earlier training left in a model folder, all but those just written.

    Parameters
    ----------
    model
        The model folder; its other files stay.
    written
        The folders of all classifiers of the training that has just ended: ``model`` itself, or folds in it.
    """
    if model not in written:
        for name in (DESCRIPTION, WEIGHTS, METRICS, CURVES):
            (model / name).unlink(missing_ok=True)
        remove_checkpoints(model)
    for folder in list_folds(model):
        if folder not in written:
            shutil.rmtree(folder)


def remove_checkpoints(folder: Path) -> None:
    """Remove what an interrupted training would have gone on with, and what a killed one half wrote."""
    for pattern in ("checkpoint*.pt", ".checkpoint*.pt", ".model.*", ".metrics.*.csv", ".curves.*.png"):
        for path in folder.glob(pattern):
            path.unlink()
