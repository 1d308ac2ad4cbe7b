"""What a training reports: how much it was trained on, and how good its classifiers are."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from data.training.training_set import TrainingSet
from stages.train.fold import FoldResult


def describe(training_set: TrainingSet, result: FoldResult) -> dict[str, Any]:
    """Describe the training of one classifier: what it was trained on, and the metrics of its best epoch."""
    training, held_out = result.training, result.split.held_out
    best = training.epochs[training.best_epoch - 1]
    metrics: dict[str, Any] = {
        **training_set.counts,
        "classes": int((training_set.targets > 0).any(axis=0).sum()),
        "validated": bool(held_out.any()),
        "training_cells": int((~held_out).sum()),
        "validation_cells": int(held_out.sum()),
        "validation_images": len(np.unique(training_set.image_ids.codes[held_out])),
        "epochs": len(training.epochs),
        "best_epoch": training.best_epoch,
        "train_loss": best.train_loss,
    }
    if held_out.any():
        metrics |= {
            "val_loss": best.val_loss,
            "val_accuracy": best.val_accuracy,
            "val_macro_f1": best.val_macro_f1,
            "val_map": best.val_map,
            "val_auc": best.val_auc,
        }
    return metrics


def describe_all(training_set: TrainingSet, results: Sequence[FoldResult]) -> dict[str, Any]:
    """Describe the training of one classifier; of several, with the mean of each validation figure."""
    each = [describe(training_set, result) for result in results]
    if len(each) == 1:
        return each[0]
    validated = [metrics for metrics in each if metrics["validated"]]
    means = {
        name: float(np.mean([metrics[name] for metrics in validated]))
        for name in (validated[0] if validated else {})
        if name.startswith("val_")
    }
    return {
        **each[0],
        **means,
        "training_cells": len(training_set.rows),
        "validation_cells": sum(metrics["validation_cells"] for metrics in each),
        "epochs": sum(metrics["epochs"] for metrics in each),
        "folds": len(each),
        "each_fold": each,
    }


def summarise(metrics: dict[str, Any], unit: str = "cell") -> dict[str, int | float]:
    """Choose the numbers that the user sees; those of things left out only where there are any."""
    names = ["images", "training_cells", "validation_cells", "classes", "epochs"]
    left_out = (
        "images_without_label",
        "images_with_several_labels",
        "labels_of_other_images",
        "near_duplicates",
    )
    corrected = ("corrected_cells", "corrected_cells_left_out")
    names += [name for name in ("folds", *corrected, *left_out) if metrics.get(name)]
    counts = {name.replace("_", " ").replace("cells", f"{unit}s"): metrics[name] for name in names}
    if metrics["validated"] and math.isfinite(metrics["val_map"]):
        counts["validation mAP"] = round(metrics["val_map"], 3)
    return counts
