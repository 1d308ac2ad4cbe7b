"""The figures of the field's papers, for a comparison of two segmenters."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.compare.segmentation_scores import THRESHOLDS, SegmentationScores


def describe_scores(scores: SegmentationScores) -> dict[str, Any]:
    """Return the figures for JSON: null where there is nothing to divide by."""

    def number(value: float) -> float | None:
        return None if np.isnan(value) else round(float(value), 4)

    def by_threshold(values: NDArray[np.float64]) -> dict[str, float | None]:
        return {f"{each:.2f}": number(value) for each, value in zip(THRESHOLDS, values, strict=True)}

    return {
        "f1": by_threshold(scores.f1),
        "accuracy": by_threshold(scores.accuracy),
        "mean_f1": number(scores.f1.mean()),
        "mean_accuracy": number(scores.accuracy.mean()),
        "aji": number(scores.aji),
        "boundary_f1": number(scores.boundary_f1),
        "area_ratio": number(scores.area_ratio),
    }


def format_scores(scores: dict[str, Any]) -> list[str]:
    """Return lines of text: a table over the thresholds, and the other figures of all fields together."""
    pooled, fields = scores["pooled"], scores["fields"].values()
    accuracies = [field["mean_accuracy"] for field in fields if field["mean_accuracy"] is not None]
    by_field = float(np.mean(accuracies)) if accuracies else None
    lines = ["IoU".ljust(10) + "".join(f"{threshold:7.2f}" for threshold in THRESHOLDS)]
    lines += [
        name.ljust(10) + "".join(f"{_show(pooled[name][f'{each:.2f}']):>7}" for each in THRESHOLDS)
        for name in ("f1", "accuracy")
    ]
    return [
        *lines,
        f"mean F1 {_show(pooled['mean_f1'])}   mean segmentation accuracy {_show(pooled['mean_accuracy'])} "
        f"(mean of the fields {_show(by_field)})",
        f"AJI {_show(pooled['aji'])}   boundary F1 at {scores['boundary_um']:g} um "
        f"{_show(pooled['boundary_f1'])}   area of B over A in matched pairs {_show(pooled['area_ratio'])}",
    ]


def _show(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
