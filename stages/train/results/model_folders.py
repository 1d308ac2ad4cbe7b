"""The folders of trained classifiers: one in the model folder itself, or one for each fold below it."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from data.plots.training_curves import draw_curves, draw_together
from data.training.history import METRICS, write_history
from data.training.training_set import TrainingSet
from models.classifiers.fold_folders import UNFINISHED, list_folds
from models.classifiers.model_folder import DESCRIPTION, WEIGHTS, save_classifier
from stages.train.fold import FoldResult
from stages.train.results.calibration import FittedCalibration
from stages.train.results.summary import describe
from stages.train.settings import TrainSettings

CURVES = "curves.png"


def write_model_folders(
    model: Path,
    results: Sequence[FoldResult],
    training_set: TrainingSet,
    settings: TrainSettings,
    fitted: FittedCalibration | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write everything of the trained classifiers, and remove what earlier trainings left there.

    The curves of several folds are also drawn together, in one picture. A calibration is that of each of the
    classifiers. ``more`` is added to the record of each training.
    """
    folders = [result.split.folder for result in results]
    is_one = folders == [model] and not list_folds(model)
    if not is_one:
        # Whoever reads the folder without a manifest would take new folds together with old ones.
        model.mkdir(parents=True, exist_ok=True)
        (model / UNFINISHED).touch()
    for result in results:
        _write_classifier(result, training_set, settings, fitted, more or {})
    remove_others(model, folders)
    (model / UNFINISHED).unlink(missing_ok=True)
    if model not in folders:
        draw_together(
            model / CURVES, {result.split.folder.name: result.training.epochs for result in results}
        )
    for folder in folders:
        remove_checkpoints(folder)


def _write_classifier(
    result: FoldResult,
    training_set: TrainingSet,
    settings: TrainSettings,
    fitted: FittedCalibration | None,
    more: Mapping[str, Any],
) -> None:
    """Write weights, description, history and curves of one classifier."""
    record = {
        "settings": settings.model_dump(mode="json", exclude_none=True),
        "seed": settings.seed,
        "result": describe(training_set, result),
        **more,
    }
    if fitted is not None:
        record["calibration"] = fitted.describe()
    folder, training, thresholds = result.split.folder, result.training, result.thresholds
    save_classifier(
        folder,
        result.architecture,
        training.weights,
        record,
        thresholds=None if thresholds is None else thresholds.tolist(),
        calibration=None if fitted is None else fitted.calibration,
    )
    write_history(folder / METRICS, training.epochs)
    draw_curves(folder / CURVES, training.epochs, training.best_epoch)


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
        _remove_classifier(model)
    for folder in list_folds(model):
        if folder not in written:
            _remove_classifier(folder)
            # One with a user's own files stays with them.
            if next(folder.iterdir(), None) is None:
                folder.rmdir()


def _remove_classifier(folder: Path) -> None:
    for name in (DESCRIPTION, WEIGHTS, METRICS, CURVES):
        (folder / name).unlink(missing_ok=True)
    remove_checkpoints(folder)


def remove_checkpoints(folder: Path) -> None:
    """Remove what an interrupted training would have gone on with, and what a killed one half wrote."""
    for pattern in ("checkpoint*.pt", ".checkpoint*.pt", ".model.*", ".metrics.*.csv", ".curves.*.png"):
        for path in folder.glob(pattern):
            path.unlink()
