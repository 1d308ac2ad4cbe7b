"""Train: fit classifiers of single-cell tiles to the labels of their images."""

import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.cells import read_cells
from data.folds import split_images
from data.label_sets import read_label_set
from data.labels import read_labels, read_proteins
from data.predictions import read_class_names, read_predictions, write_predictions
from data.tiles import TileStore
from data.training.pseudo_labels import check_classes, match_probabilities, soften_targets
from data.training.training_set import TrainingSet, select_training_set
from models.classifiers.model_folder import save_classifier
from models.device import choose_device
from models.losses.classification import output_of
from models.training.history import draw_curves, write_history
from models.training.processes import join_processes
from stages.stage import Context, StageReport
from stages.training.fold import FoldResult, count_steps, train_fold
from stages.training.folders import CURVES, METRICS, fold_folder, remove_checkpoints, remove_others
from stages.training.preparation import prepare_fold
from stages.training.settings import ALL_FOLDS, TrainSettings

log = logging.getLogger("hpacells")


def run(
    tiles: Path,
    cells: Path,
    labels: Path,
    model: Path,
    settings: TrainSettings,
    context: Context,
    *,
    soft: Path | None = None,
    out_of_fold: Path | None = None,
) -> StageReport:
    """Train a classifier, or one for each fold, and write its folder.

    Parameters
    ----------
    tiles, cells
        Tile store and cells table; cells with a drop reason are left out.
    labels
        Label file; images without a label are left out and counted.
    model
        Folder for ``model.safetensors``, ``model.toml``, ``metrics.csv`` and ``curves.png``; with all folds
        each has a folder ``fold-0``, ``fold-1`` ... of its own in it. They take the place of what an earlier
        training wrote there, once all are trained. An interrupted training leaves checkpoints, and one with
        the same data and settings goes on with them.
    soft
        Out-of-fold predictions of an earlier training, to be mixed into the labels of the cells that are
        trained on; or None.
    out_of_fold
        Where to write what the classifiers of all folds say of the cells that each left out; or None.

    Raises
    ------
    InputError
        The labels fit none of the images, no tile is left to train on, or a setting cannot be followed.
    """
    started = time.monotonic()
    store, chosen = select_cells(tiles, cells, labels, settings)
    softened = None if soft is None else _soften(chosen, soft, settings)
    device = choose_device(settings.device)
    splits = _list_splits(chosen, settings, model)
    with join_processes(device) as processes:
        results, told = [], set[str]()
        for number, (folder, held_out) in enumerate(splits, start=1):
            if len(splits) > 1:
                log.info("fold %d of %d: %d cells are held out", number, len(splits), int(held_out.sum()))
            prepared = prepare_fold(store, chosen, held_out, settings, device, processes, softened)
            told |= _warn_of_absent(prepared.absent_classes, told)
            with context.track("train", count_steps(prepared, settings)) as advance:
                results.append(train_fold(prepared, folder, settings, processes, advance))
        # All have read their checkpoints by then.
        processes.wait()
        if not processes.rank:
            _write_all(model, out_of_fold, chosen, splits, results, settings)
    figures = _describe_all(chosen, splits, results)
    details = {"seed": settings.seed, "seconds": round(time.monotonic() - started, 1), **figures}
    return StageReport(counts=_summarise(figures), details=details)


def select_cells(
    tiles: Path, cells: Path, labels: Path, settings: TrainSettings
) -> tuple[TileStore, TrainingSet]:
    """Choose the cells to train on, with their targets."""
    table = read_cells(cells, ["image_id", "cell_id", "dropped", "group", "image_hash"])
    store = TileStore(tiles, rows=len(table))
    label_set = read_label_set(settings.label_set)
    chosen = select_training_set(
        table,
        read_labels(labels, label_set),
        settings.images,
        label_set=label_set,
        proteins=read_proteins(labels),
        data=settings.data,
        where=labels,
    )
    return store, chosen


def _soften(chosen: TrainingSet, soft: Path, settings: TrainSettings) -> NDArray[np.float32]:
    """Mix out-of-fold predictions into the targets."""
    predictions = read_predictions(soft, embedding=False)
    check_classes(read_class_names(soft), chosen.class_names)
    known = match_probabilities(predictions, chosen.image_ids, chosen.cell_ids)
    single = output_of(settings.loss) == "single-label"
    return soften_targets(chosen.targets, known, single_label=single, weight=settings.soft_weight)


def _list_splits(
    chosen: TrainingSet, settings: TrainSettings, model: Path
) -> list[tuple[Path, NDArray[np.bool_]]]:
    """List model folders and which cells, (n,) bool, their training holds out."""
    split = settings.split
    if split.folds < 2:
        return [(model, np.zeros(len(chosen.rows), bool))]
    if split.fold != ALL_FOLDS:
        return [(model, _hold_out(chosen, settings, int(split.fold)))]
    return [(fold_folder(model, fold), _hold_out(chosen, settings, fold)) for fold in range(split.folds)]


def _hold_out(chosen: TrainingSet, settings: TrainSettings, fold: int) -> NDArray[np.bool_]:
    """Mark the cells of the images that are held out to validate on, (n,) bool."""
    split = settings.split
    _, held_out = split_images(
        chosen.labels, split.folds, fold, settings.seed, groups=chosen.groups, stratify=split.stratify
    )
    if not held_out:
        log.warning(
            "%d labelled images are too few to hold some out for fold %d: training without validation",
            len(chosen.labels),
            fold,
        )
    return np.isin(chosen.image_ids, sorted(held_out))


def _warn_of_absent(names: Sequence[str], told: set[str]) -> set[str]:
    """Warn of classes without a training cell that were not told of before, and give them."""
    absent = [name for name in names if name not in told]
    if absent:
        log.warning(
            "no training cell of %s: cells of %s cannot be recognised",
            ", ".join(absent),
            "it" if len(absent) == 1 else "them",
        )
    return set(absent)


def _write_all(
    model: Path,
    out_of_fold: Path | None,
    chosen: TrainingSet,
    splits: list[tuple[Path, NDArray[np.bool_]]],
    results: list[FoldResult],
    settings: TrainSettings,
) -> None:
    """Write all that is trained, then remove what is not needed any more."""
    for (folder, held_out), result in zip(splits, results, strict=True):
        _write_folder(folder, result, chosen, held_out, settings)
    if len(splits) > 1:
        _write_out_of_fold(out_of_fold, chosen, splits, results)
    remove_others(model, [folder for folder, _ in splits])
    for folder, _ in splits:
        remove_checkpoints(folder)


def _write_folder(
    folder: Path,
    result: FoldResult,
    chosen: TrainingSet,
    held_out: NDArray[np.bool_],
    settings: TrainSettings,
) -> None:
    """Write everything of a trained classifier."""
    figures = _describe(chosen, held_out, result)
    record = {
        "settings": settings.model_dump(mode="json", exclude_none=True),
        "seed": settings.seed,
        "result": figures,
    }
    found = result.thresholds
    save_classifier(
        folder,
        result.architecture,
        result.trained.weights,
        record,
        thresholds=None if found is None else [float(value) for value in found.values],
    )
    write_history(folder / METRICS, result.trained.epochs)
    draw_curves(folder / CURVES, result.trained.epochs, result.trained.best_epoch)


def _write_out_of_fold(
    path: Path | None,
    chosen: TrainingSet,
    splits: list[tuple[Path, NDArray[np.bool_]]],
    results: list[FoldResult],
) -> None:
    """Write the probabilities of every cell by the classifier that never saw its image."""
    if path is None:
        return
    probabilities = np.full(chosen.targets.shape, np.nan, np.float32)
    for (_, held_out), result in zip(splits, results, strict=True):
        probabilities[held_out] = result.probabilities
    known = np.isfinite(probabilities).all(axis=1)
    write_predictions(
        path,
        chosen.image_ids[known].tolist(),
        chosen.cell_ids[known],
        probabilities[known],
        class_names=chosen.class_names,
    )


def _describe(chosen: TrainingSet, held_out: NDArray[np.bool_], result: FoldResult) -> dict[str, Any]:
    trained = result.trained
    best = trained.epochs[trained.best_epoch - 1]
    figures: dict[str, Any] = {
        **chosen.counts,
        "classes": int((chosen.targets > 0).any(axis=0).sum()),
        "validated": bool(held_out.any()),
        "training_cells": int((~held_out).sum()),
        "validation_cells": int(held_out.sum()),
        "validation_images": len(set(chosen.image_ids[held_out])),
        "epochs": len(trained.epochs),
        "best_epoch": trained.best_epoch,
        "train_loss": best.train_loss,
    }
    if held_out.any():
        figures |= {
            "val_loss": best.val_loss,
            "val_accuracy": best.val_accuracy,
            "val_macro_f1": best.val_macro_f1,
            "val_map": best.val_map,
        }
    return figures


def _describe_all(
    chosen: TrainingSet, splits: list[tuple[Path, NDArray[np.bool_]]], results: list[FoldResult]
) -> dict[str, Any]:
    """Describe the training of one classifier; of several, with the mean of each validation figure."""
    each = [
        _describe(chosen, held_out, result) for (_, held_out), result in zip(splits, results, strict=True)
    ]
    if len(each) == 1:
        return each[0]
    validated = [figures for figures in each if figures["validated"]]
    means = {
        name: float(np.mean([figures[name] for figures in validated]))
        for name in (validated[0] if validated else {})
        if name.startswith("val_")
    }
    return {
        **each[0],
        **means,
        "training_cells": len(chosen.rows),
        "validation_cells": sum(figures["validation_cells"] for figures in each),
        "epochs": sum(figures["epochs"] for figures in each),
        "folds": len(each),
        "each_fold": each,
    }


def _summarise(figures: dict[str, Any]) -> dict[str, int | float]:
    """Choose the numbers that the user is told; those of things left out only where there are any."""
    told = ["images", "training_cells", "validation_cells", "classes", "epochs"]
    left_out = (
        "images_without_label",
        "images_with_several_labels",
        "labels_of_other_images",
        "near_duplicates",
    )
    told += [name for name in ("folds", *left_out) if figures.get(name)]
    counts = {name.replace("_", " "): figures[name] for name in told}
    if figures["validated"] and math.isfinite(figures["val_map"]):
        counts["validation mAP"] = round(figures["val_map"], 3)
    return counts
