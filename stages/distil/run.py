"""Distil: train one network on what an ensemble predicts, so that it predicts about as well in one pass."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.file_hash import hash_file
from data.labels.label_set import read_label_set
from data.tables.coded_texts import CodedTexts
from models.classifiers.ensemble.members import mean_thresholds, read_members
from models.classifiers.model_folder import WEIGHTS
from models.device import choose_device
from models.training.distributed import ALONE
from stages.distil.paths import DistilInputs, DistilOutputs
from stages.distil.settings import DistilSettings
from stages.distil.student import adapt_recipe, find_alike, start_from_teacher
from stages.distil.teaching import Teaching, read_teaching
from stages.stage import Context, StageReport
from stages.train.cells.splits import list_splits
from stages.train.cells.tile_channels import leave_out_absent
from stages.train.cells.tile_preset import follow_preset
from stages.train.cells.unused_cells import UnusedCells
from stages.train.fold import Fold, FoldResult
from stages.train.preparation import FoldCells, FoldSetup, set_up_fold
from stages.train.results.model_folders import write_model_folders
from stages.train.results.summary import describe
from stages.train.settings import TrainSettings

log = logging.getLogger("hpacells")


def run(
    inputs: DistilInputs, outputs: DistilOutputs, settings: DistilSettings, context: Context
) -> StageReport:
    """Train a student on the predictions of a teacher, and write its folder.

    Each kept cell that the teacher predicted is trained on, with a label or without. The targets are the
    teacher's probabilities of the cell alone; the mean over the cells of the image is taken of what the
    student says, when it predicts, with the weight that it had in the teacher's.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, predictions are of other classes, or a setting cannot
        be followed.
    """
    started = time.monotonic()
    _check_label_weight(inputs, settings)
    label_set = read_label_set(inputs.recipe.label_set)
    teaching = read_teaching(inputs, settings, label_set)
    recipe = adapt_recipe(
        inputs.recipe,
        settings,
        single_label=teaching.single_label,
        image_weight=teaching.image_weight,
    )
    recipe = follow_preset(recipe, teaching.store, inputs.taught[0].tiles_path)
    recipe = leave_out_absent(recipe, teaching.store.channels)
    result = _train(teaching, inputs, outputs, recipe, settings, context)
    result = replace(result, thresholds=_thresholds_of(inputs.teacher_dirs))
    record = _describe_teacher(inputs, settings, teaching)
    write_model_folders(
        outputs.model_dir, [result], teaching.training_set, recipe, more={"distilled": record}
    )
    figures = describe(teaching.training_set, result)
    details = {"seconds": round(time.monotonic() - started, 1), **figures, "distilled": record}
    return StageReport(counts=_summarise(teaching, figures), details=details)


def _check_label_weight(inputs: DistilInputs, settings: DistilSettings) -> None:
    default = DistilSettings.model_fields["label_weight"].default
    if inputs.labels_path is None and settings.label_weight != default:
        raise InputError(
            found=f"{settings.label_weight:g}, which nothing would read",
            where="setting distil.label_weight",
            expected="labels, which are averaged with what the teacher says",
            advice="give --labels CSV, or leave this setting out",
        )


def _train(
    teaching: Teaching,
    inputs: DistilInputs,
    outputs: DistilOutputs,
    recipe: TrainSettings,
    settings: DistilSettings,
    context: Context,
) -> FoldResult:
    training_set = teaching.training_set
    split = list_splits(training_set, recipe, outputs.model_dir)[0]
    cells = FoldCells(teaching.store, training_set, split.held_out, teaching.targets)
    setup = _set_up(cells, recipe, inputs.teacher_dirs if settings.initial_weights == "teacher" else ())
    if setup.absent_classes:
        log.warning(
            "the teacher calls no cell %s, so that the student hardly learns what these look like",
            ", ".join(setup.absent_classes),
        )
    fold = Fold(setup, split, _none_unused())
    with context.track("distil", fold.steps) as advance:
        return fold.fit(advance)


def _set_up(cells: FoldCells, recipe: TrainSettings, teachers: Sequence[Path]) -> FoldSetup:
    """Make the student, with the mean of the teacher's weights where these fit it."""
    device = choose_device(recipe.device)
    if not teachers:
        return set_up_fold(cells, recipe, device, ALONE)
    # Weights that are replaced at once need not be there.
    bare = recipe.backbone.model_copy(update={"pretrained": "none"})
    setup = set_up_fold(
        cells, recipe.model_copy(update={"initial_weights": "", "backbone": bare}), device, ALONE
    )
    alike = find_alike(teachers, setup.classifier.architecture)
    if not alike:
        log.info("start from the recipe's weights: no network of the teacher is built as the student is")
        return set_up_fold(cells, recipe, device, ALONE)
    log.info(
        "start from the teacher's weights: the mean over %d of its %d networks, built as the student is",
        len(alike),
        len(teachers),
    )
    start_from_teacher(setup.classifier, alike)
    # An interrupted training goes on only from the same start.
    hashes = [hash_file(folder / WEIGHTS) for folder in alike]
    return replace(setup, key=" ".join([setup.key, *hashes]))


def _none_unused() -> UnusedCells:
    nothing = np.zeros(0, np.intp)
    return UnusedCells(nothing, CodedTexts.of([]), nothing, np.zeros((0, 1), bool))


def _thresholds_of(teachers: Sequence[Path]) -> NDArray[np.float64] | None:
    """Return the thresholds by which the teacher calls classes, which the student takes."""
    return mean_thresholds(read_members(teachers)) if teachers else None


def _describe_teacher(inputs: DistilInputs, settings: DistilSettings, teaching: Teaching) -> dict[str, Any]:
    """Describe of what a student was distilled, for its model.toml."""
    unseen = [folder.out_of_fold_path for folder in inputs.taught if settings.out_of_fold]
    return {
        "teacher_predictions_sha256": [hash_file(folder.predictions_path) for folder in inputs.taught],
        "teacher_out_of_fold_sha256": [hash_file(path) for path in unseen if path is not None],
        "teacher_networks": len(inputs.teacher_dirs) or None,
        "teacher_passes": inputs.passes or None,
        **{name.replace(" ", "_"): count for name, count in teaching.counts.items()},
        "label_weight": None if inputs.labels_path is None else settings.label_weight,
    }


def _summarise(teaching: Teaching, figures: Mapping[str, Any]) -> dict[str, int | float]:
    counts: dict[str, int | float] = {"images": figures["images"], **teaching.counts}
    counts = {name: count for name, count in counts.items() if count}
    counts["epochs"] = figures["epochs"]
    if figures["validated"] and np.isfinite(figures["val_map"]):
        counts["mAP beside the classes that the teacher calls"] = round(figures["val_map"], 3)
    return counts
