"""Train: fit classifiers of single-cell tiles to the labels of their images."""

import logging
import time
from collections.abc import Sequence

from data.errors import InputError
from models.device import choose_device
from models.training.distributed import Processes, join_processes
from stages.stage import Context, StageReport
from stages.train.caching import caches_features
from stages.train.cells.selection import read_labelled_cells
from stages.train.cells.soft_labels import soften
from stages.train.cells.splits import Split, list_splits
from stages.train.cells.tile_channels import leave_out_absent
from stages.train.cells.tile_preset import follow_preset
from stages.train.cells.unused_cells import UnusedCells, find_unused
from stages.train.fold import Fold, FoldResult
from stages.train.frozen_features import FrozenFeatures
from stages.train.head_setup import set_up_head
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.preparation import FoldCells, set_up_fold
from stages.train.results.calibration import calibrate_results
from stages.train.results.model_folders import write_model_folders
from stages.train.results.out_of_fold import write_out_of_fold
from stages.train.results.summary import describe_all, summarise
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
    if inputs.soft_labels_path is None:
        _check_soft_weight(settings)
    labelled = read_labelled_cells(inputs, settings)
    settings = follow_preset(settings, labelled.store, inputs.tiles_path)
    settings = leave_out_absent(settings, labelled.store.channels)
    caches = caches_features(settings)
    training_set = labelled.select(settings)
    softened = None
    if inputs.soft_labels_path is not None:
        softened = soften(training_set, inputs.soft_labels_path, settings)
    splits = list_splits(training_set, settings, outputs.model_dir)
    in_folds = splits[0].folder != outputs.model_dir
    unused = find_unused(labelled.select_all(settings) if in_folds else training_set, training_set, splits)
    others = [unused.of_fold(number) for number in range(len(splits))]
    cells = [
        FoldCells(labelled.store, training_set, split.held_out, softened, labelled.kept) for split in splits
    ]
    features = FrozenFeatures(outputs.features_folder, inputs.tiles_path) if caches else None
    with join_processes(choose_device(settings.device)) as processes:
        results = _train_folds(cells, splits, others, settings, processes, context, features)
        calibrated, fitted = calibrate_results(results, training_set, settings)
        # All have read their checkpoints by then.
        processes.wait()
        if not processes.rank:
            write_model_folders(outputs.model_dir, calibrated, training_set, settings, fitted)
            if outputs.out_of_fold_path is not None and in_folds:
                write_out_of_fold(outputs.out_of_fold_path, training_set, unused, results)
            elif outputs.out_of_fold_path is not None and settings.split.fold == ALL_FOLDS:
                outputs.out_of_fold_path.unlink(missing_ok=True)
            if features is not None:
                features.remove_others()
        warn_of_thresholds(training_set, results)
    figures = describe_all(training_set, results)
    if fitted is not None:
        figures["calibration"] = fitted.describe()
    details = {"seed": settings.seed, "seconds": round(time.monotonic() - started, 1), **figures}
    return StageReport(counts=summarise(figures, settings.unit), details=details)


def _check_soft_weight(settings: TrainSettings) -> None:
    if settings.soft_weight != TrainSettings.model_fields["soft_weight"].default:
        raise InputError(
            found=f"{settings.soft_weight:g}, which nothing would read",
            where="setting train.soft_weight",
            expected="the labels oof, which out-of-fold predictions soften",
            advice="give --labels oof, or leave this setting out",
        )


def _train_folds(
    cells: Sequence[FoldCells],
    splits: Sequence[Split],
    unused: Sequence[UnusedCells],
    settings: TrainSettings,
    processes: Processes,
    context: Context,
    features: FrozenFeatures | None,
) -> list[FoldResult]:
    """Train each classifier, and predict with it the cells that it held out and those that no fold uses."""
    device = choose_device(settings.device)
    results, warned = [], set[str]()
    for number, split in enumerate(splits):
        name = f"fold {number + 1} of {len(splits)}" if len(splits) > 1 else ""
        if name:
            count = int(split.held_out.sum())
            log.info("%s: %d cell%s held out", name, count, " is" if count == 1 else "s are")
        setup = set_up_fold(cells[number], settings, device, processes)
        if features is not None:
            setup = set_up_head(setup, features, unused[number].rows, context)
        warned |= warn_of_absent(setup.absent_classes, warned)
        fold = Fold(setup, split, unused[number], name)
        with context.track(name or "train", fold.steps) as advance:
            results.append(fold.fit(advance))
    return results
