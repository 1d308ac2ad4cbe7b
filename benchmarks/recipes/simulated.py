"""A recipe on the simulated set: trained on its part ``train``, judged on ``test``, with known masks."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.recipes.training import predict_cells, train_recipe
from benchmarks.simhpa19.arms import Part
from benchmarks.simhpa19.known_cells import cut_known_cells, read_true_labels
from data.cells.cells_table import read_cells
from data.evaluate.quality import measure_decisions
from data.labels.label_file import read_labels
from data.predictions.called_classes import decide
from data.score.kaggle_map import score
from data.thresholds.half import HalfThresholds
from data.thresholds.thresholds import find_thresholds
from models.losses.settings import output_of
from pipeline.runs.work_folder import WorkFolder
from stages.combine.paths import CombineInputs, CombineOutputs
from stages.combine.run import run as combine
from stages.combine.settings import CombineSettings
from stages.stage import Context
from stages.train.settings import TrainSettings

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class KnownPart:
    """A part of the set with what is known of its cells.

    Attributes
    ----------
    part
        Label file, work folder and manifest of the cut.
    truth
        ``truth.csv``: every cell's mask and classes.
    image_targets
        (n, 19) bool: classes of each kept cell's image.
    true_targets
        (n, 19) bool: classes of the cell itself.
    """

    part: Part
    truth: Path
    image_targets: NDArray[np.bool_]
    true_targets: NDArray[np.bool_]


def prepare_parts(data: Path, root: Path, context: Context) -> dict[str, KnownPart]:
    """Cut the cells of all parts, by their known masks, unless that is done."""
    return {name: _prepare(data / name, WorkFolder(root / name), context) for name in PARTS}


def judge_recipe(
    folder: Path, settings: TrainSettings, parts: dict[str, KnownPart], context: Context
) -> dict[str, Any]:
    """Train a recipe and measure it on the part ``test``.

    Returns
    -------
    dict
        ``seconds``, ``tiles`` and ``parameters`` of the training; ``image`` and ``true``: macro F1, micro and
        macro AP of the cells beside the classes of their images, and beside their own; ``map``: the mAP of
        Kaggle, 0..1.
    """
    learnt, validation, test = (parts[name] for name in PARTS)
    cost = train_recipe(folder, settings, learnt.part.labels, learnt.part, context)
    model, table = folder / "model", folder / "predictions.parquet"
    known = predict_cells(model, validation.part, folder / "validation.parquet", context)
    thresholds = choose_thresholds(settings, known, validation.image_targets)
    predicted = predict_cells(model, test.part, table, context)
    decisions = decide(predicted, thresholds)
    figures = {
        "image": summarise(predicted, decisions, test.image_targets),
        "true": summarise(predicted, decisions, test.true_targets),
        "map": score_predictions(test, table, folder / "submission.csv", context),
        "cells": len(predicted),
    }
    return asdict(cost) | figures


def choose_thresholds(
    settings: TrainSettings, probabilities: NDArray[np.floating], targets: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    """Choose thresholds (19,) as the recipe has it, on validation cells; None: the likeliest class alone.

    Parameters
    ----------
    settings
        The recipe.
    probabilities, targets
        (n, 19) of the validation cells; the targets are their images' classes.
    """
    if isinstance(settings.thresholds, HalfThresholds) and output_of(settings.loss) == "single-label":
        return None
    return find_thresholds(settings.thresholds, probabilities, targets)


def summarise(
    probabilities: NDArray[np.floating], decisions: NDArray[np.bool_], targets: NDArray[np.bool_]
) -> dict[str, float]:
    """Return macro F1, micro AP and macro AP over the classes that any cell has; all arrays are (n, 19)."""
    present = targets.any(axis=0)
    quality = measure_decisions(probabilities[:, present], decisions[:, present], targets[:, present])
    summary = quality.summary()
    return {
        "macro_f1": summary["macro_f1"],
        "micro_ap": summary["micro_average_precision"],
        "macro_ap": summary["macro_average_precision"],
    }


def _prepare(folder: Path, work: WorkFolder, context: Context) -> KnownPart:
    part = Part(folder / "train.csv", work, cut_known_cells(folder, work, context))
    table = read_cells(work.cells, ["image_id", "dropped", "rle"])
    kept = table[table["dropped"] == ""]
    labels = read_labels(part.labels)
    true_targets = read_true_labels(folder / "truth.csv", kept)
    image_targets = np.zeros_like(true_targets)
    for row, image_id in enumerate(kept["image_id"]):
        image_targets[row, list(labels.get(image_id, ()))] = True
    return KnownPart(part, folder / "truth.csv", image_targets, true_targets)


def score_predictions(test: KnownPart, predictions: Path, submission: Path, context: Context) -> float:
    """Return the mAP of predictions of a part, 0..1, by way of a submission that is written."""
    # Every class of every cell is written, however improbable, so that no recipe's ranking is cut short.
    inputs = CombineInputs(test.part.work.cells, predictions)
    combine(
        inputs, CombineOutputs(submission), CombineSettings.model_validate({"min_confidence": 0}), context
    )
    mean = score(submission, test.truth).map
    return float("nan") if mean is None else mean
