"""What is told of a training: how much it was trained on, and how good its classifiers are."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.training.training_set import TrainingSet
from stages.train.fold import FoldResult
from stages.train.splits import Split


def describe(chosen: TrainingSet, split: Split, result: FoldResult) -> dict[str, Any]:
    """Describe the training of one classifier: what it was trained on, and the figures of its best epoch."""
    training, held_out = result.training, split.held_out
    best = training.epochs[training.best_epoch - 1]
    figures: dict[str, Any] = {
        **chosen.counts,
        "classes": int((chosen.targets > 0).any(axis=0).sum()),
        "validated": bool(held_out.any()),
        "training_cells": int((~held_out).sum()),
        "validation_cells": int(held_out.sum()),
        "validation_images": len(set(chosen.image_ids[held_out])),
        "epochs": len(training.epochs),
        "best_epoch": training.best_epoch,
        "train_loss": best.train_loss,
    }
    if held_out.any():
        figures |= {
            "val_loss": best.val_loss,
            "val_accuracy": best.val_accuracy,
            "val_macro_f1": best.val_macro_f1,
            "val_map": best.val_map,
            "val_auc": best.val_auc,
        }
    return figures


def describe_all(
    chosen: TrainingSet, splits: Sequence[Split], results: Sequence[FoldResult]
) -> dict[str, Any]:
    """Describe the training of one classifier; of several, with the mean of each validation figure."""
    each = [describe(chosen, split, result) for split, result in zip(splits, results, strict=True)]
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


def summarise(figures: dict[str, Any]) -> dict[str, int | float]:
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
