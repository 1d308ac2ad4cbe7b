"""Train: fit classifiers of single-cell tiles to the labels of their images."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.plots.training_curves import draw_curves, draw_together
from data.tiles.tile_store import TileStore
from data.training.history import METRICS, write_history
from data.training.training_set import TrainingSet
from models.classifiers.model_folder import save_classifier
from models.device import choose_device
from models.training.distributed import Processes, join_processes
from stages.stage import Context, StageReport
from stages.train.cells.selection import select_cells, select_labelled
from stages.train.cells.soft_labels import soften
from stages.train.cells.splits import Split, list_splits
from stages.train.cells.tile_channels import leave_out_absent
from stages.train.fold import Fold, FoldResult
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.preparation import FoldCells, set_up_fold
from stages.train.results.model_folders import CURVES, remove_checkpoints, remove_others
from stages.train.results.out_of_fold import UnusedCells, find_unused, write_out_of_fold
from stages.train.results.summary import describe, describe_all, summarise
from stages.train.results.warnings import warn_of_absent, warn_of_thresholds
from stages.train.settings import ALL_FOLDS, TrainSettings

log = logging.getLogger("hpacells")


def run(inputs: TrainInputs, outputs: TrainOutputs, settings: TrainSettings, context: Context) -> StageReport:
    """Train a classifier, or one for each fold, and write its folder.

    Raises
    ------
    InputError
        The labels fit none of the images, no tile is left to train on, or a setting cannot be followed.
    """
    started = time.monotonic()
    model_dir = outputs.model_dir
    if inputs.soft_labels_path is None:
        _check_soft_weight(settings)
    store, chosen = select_cells(inputs, settings)
    settings = leave_out_absent(settings, store.channels)
    softened = None if inputs.soft_labels_path is None else soften(chosen, inputs.soft_labels_path, settings)
    splits = list_splits(chosen, settings, model_dir)
    in_folds = splits[0].folder != model_dir
    unused = find_unused(select_labelled(inputs, settings) if in_folds else chosen, chosen, splits)
    with join_processes(choose_device(settings.device)) as processes:
        results, of_unused = _train_folds(
            store, chosen, splits, softened, unused, settings, processes, context
        )
        # All have read their checkpoints by then.
        processes.wait()
        if not processes.rank:
            for split, result in zip(splits, results, strict=True):
                _write_folder(split, result, chosen, settings)
            if outputs.out_of_fold_path is not None and in_folds:
                write_out_of_fold(outputs.out_of_fold_path, chosen, unused, splits, results, of_unused)
            elif outputs.out_of_fold_path is not None and settings.split.fold == ALL_FOLDS:
                outputs.out_of_fold_path.unlink(missing_ok=True)
            _finish_folders(model_dir, splits, results)
        warn_of_thresholds(chosen, splits, results)
    figures = describe_all(chosen, splits, results)
    details = {"seed": settings.seed, "seconds": round(time.monotonic() - started, 1), **figures}
    return StageReport(counts=summarise(figures), details=details)


def _check_soft_weight(settings: TrainSettings) -> None:
    if settings.soft_weight != TrainSettings.model_fields["soft_weight"].default:
        raise InputError(
            found=f"{settings.soft_weight:g}, which nothing would read",
            where="setting train.soft_weight",
            expected="the labels oof, which out-of-fold predictions soften",
            advice="give --labels oof, or leave this setting out",
        )


def _train_folds(
    store: TileStore,
    chosen: TrainingSet,
    splits: Sequence[Split],
    softened: NDArray[np.float32] | None,
    unused: UnusedCells,
    settings: TrainSettings,
    processes: Processes,
    context: Context,
) -> tuple[list[FoldResult], list[NDArray[np.float32]]]:
    """Train each classifier; return the results, and its probabilities of the unused cells it predicts."""
    device = choose_device(settings.device)
    results, of_unused, warned = [], [], set[str]()
    for number, split in enumerate(splits):
        name = f"fold {number + 1} of {len(splits)}" if len(splits) > 1 else ""
        if name:
            count = int(split.held_out.sum())
            log.info("%s: %d cell%s held out", name, count, " is" if count == 1 else "s are")
        cells = FoldCells(store, chosen, split.held_out, softened)
        setup = set_up_fold(cells, settings, device, processes)
        warned |= warn_of_absent(setup.absent_classes, warned)
        fold = Fold(setup, split.folder, name)
        with context.track(name or "train", fold.steps) as advance:
            results.append(fold.fit(advance))
        predicted = unused.predictors[:, number]
        of_unused.append(fold.predict(unused.rows[predicted], unused.image_ids[predicted]))
    return results, of_unused


def _write_folder(split: Split, result: FoldResult, chosen: TrainingSet, settings: TrainSettings) -> None:
    """Write everything of a trained classifier."""
    record = {
        "settings": settings.model_dump(mode="json", exclude_none=True),
        "seed": settings.seed,
        "result": describe(chosen, split, result),
    }
    folder = split.folder
    found = result.thresholds
    save_classifier(
        folder,
        result.architecture,
        result.training.weights,
        record,
        thresholds=None if found is None else found.tolist(),
    )
    write_history(folder / METRICS, result.training.epochs)
    draw_curves(folder / CURVES, result.training.epochs, result.training.best_epoch)


def _finish_folders(model_dir: Path, splits: Sequence[Split], results: Sequence[FoldResult]) -> None:
    """Remove what earlier trainings left, and draw the curves of all folds in one picture."""
    remove_others(model_dir, [split.folder for split in splits])
    if splits[0].folder != model_dir:
        trained = zip(splits, results, strict=True)
        curves = {split.folder.name: result.training.epochs for split, result in trained}
        draw_together(model_dir / CURVES, curves)
    for split in splits:
        remove_checkpoints(split.folder)
