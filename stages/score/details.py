"""What is told of a scored submission besides mAP and AP: other thresholds, intervals, curves."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.plots.precision_recall import Curve, draw_precision_recall
from data.predictions.submission import Submission
from data.score.bootstrap import draw_samples, find_interval
from data.score.judged_detections import AbsentPolicy, JudgedDetections, judge_detections
from data.score.mask_cost import with_true_classes, with_true_masks
from data.score.team_table import TeamTable
from data.tables.csv_file import write_csv


def tabulate_thresholds(ious: Sequence[float], judged: Sequence[JudgedDetections]) -> list[dict[str, Any]]:
    """Return one row per threshold: ``iou``, ``map`` and ``ap``, None without truth, class by class."""
    rows = []
    for iou, at in zip(ious, judged, strict=True):
        by_class = at.average_precisions()
        rows.append({"iou": iou, "map": _mean(by_class), "ap": list(by_class)})
    return rows


def measure_mask_cost(
    submission: Submission, truth: Submission, absent: AbsentPolicy, iou: float
) -> dict[str, float | None]:
    """Return mAP of the masks with the true classes, ``true_classes``, and the reverse, ``true_masks``."""
    by_masks = with_true_classes(submission, truth, iou)
    by_classes = with_true_masks(submission, truth)
    return {
        name: _mean(judge_detections(made, truth, absent=absent, min_iou=iou).average_precisions())
        for name, made in (("true_classes", by_masks), ("true_masks", by_classes))
    }


def find_intervals(judged: JudgedDetections, samples: int, seed: int) -> dict[str, Any]:
    """Return the middle 95 % of bootstrap samples of images: ``map``, and ``ap`` class by class.

    A class of which a sample has no cell has no average precision there, and does not count in its mAP.
    """
    drawn = draw_samples(judged.images, samples, seed)
    found = [judged.average_precisions(counts) for counts in drawn]
    values = np.array([[np.nan if value is None else value for value in row] for row in found], np.float64)
    means = np.array([np.nan if (mean := _mean(row)) is None else mean for row in found], np.float64)
    return {
        "samples": samples,
        "map": _as_pair(means),
        "ap": [_as_pair(column) for column in values.reshape(samples, judged.classes).T],
    }


def compare_teams(table: TeamTable, by_class: Sequence[float | None]) -> dict[str, Any]:
    """Return the places among other teams: ``teams`` (how many), ``map``, ``ap`` by class, ``left_out``."""
    ours = list(by_class)
    return {
        "teams": len(table.teams),
        "map": table.find_mean_place(ours),
        "ap": table.find_places(ours),
        "left_out": dict(table.left_out),
    }


def format_places(places: dict[str, Any], names: Sequence[str]) -> list[str]:
    """Return lines of text with the place of each class and of the mean."""
    lines = [f"{'place among ' + str(places['teams']) + ' teams':<44}{'place':>8}"]
    rows = [
        (f"{label:>2} {name}", place)
        for label, (name, place) in enumerate(zip(names, places["ap"], strict=True))
    ]
    rows.append(("mean over these classes", places["map"]))
    return lines + [f"{text:<44}{'-' if place is None else place:>8}" for text, place in rows]


def curve_files(folder: Path | None) -> tuple[Path, ...]:
    """Return the files that `write_curves` writes: the table and the picture; none for no folder."""
    return () if folder is None else (folder / "precision_recall.csv", folder / "precision_recall.png")


def write_curves(folder: Path, judged: JudgedDetections, names: Sequence[str]) -> None:
    """Write the precision-recall curves of all classes with truth, as a table and as a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: list[pd.DataFrame] = []
    curves: dict[str, Curve] = {}
    by_class = judged.average_precisions()
    for label, (name, value) in enumerate(zip(names, by_class, strict=True)):
        if value is None:
            continue
        confidence, recall, precision = judged.curve(label)
        curves[name] = (value, recall, precision)
        columns = {"confidence": confidence, "recall": recall, "precision": precision}
        parts.append(pd.DataFrame({"label": label, "name": name, **columns}))
    empty = pd.DataFrame(columns=["label", "name", "confidence", "recall", "precision"])
    table = pd.concat(parts, ignore_index=True) if parts else empty
    table_path, picture_path = curve_files(folder)
    write_csv(table_path, table, float_format="%.6g")
    draw_precision_recall(picture_path, curves)


def format_intervals(details: dict[str, Any]) -> list[str]:
    """Return lines of text with mAP at other thresholds, and the interval of mAP."""
    lines = []
    told = [(f"mAP at mask IoU {row['iou']:g}", row["map"]) for row in details.get("ious", [])]
    cost = details.get("mask_cost", {})
    told += [
        (text, cost[name])
        for name, text in (
            ("true_classes", "mAP of these masks with the true classes"),
            ("true_masks", "mAP of these classes with the true masks"),
        )
        if name in cost
    ]
    for text, value in told:
        lines.append(f"{text:<44}{'-' if value is None else format(value, '.4f'):>8}")
    interval = details.get("intervals", {}).get("map")
    if interval:
        low, high = interval
        samples = details["intervals"]["samples"]
        lines.append(f"middle 95 % of {samples} bootstrap samples of images: {low:.4f} to {high:.4f}")
    return lines


def _mean(by_class: Sequence[float | None]) -> float | None:
    known = [value for value in by_class if value is not None]
    return float(np.mean(known)) if known else None


def _as_pair(values: NDArray[np.float64]) -> list[float] | None:
    low, high = find_interval(values)
    return None if math.isnan(low) else [low, high]
