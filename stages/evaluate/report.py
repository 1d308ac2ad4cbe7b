"""The figures of an evaluation: as details of the stage, as files, and as text."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from data.atomic import atomic_write
from data.evaluate.quality import Quality
from data.tables.csv_file import write_csv
from stages.evaluate.paths import EvaluateOutputs


def describe_quality(quality: Quality, names: Sequence[str]) -> dict[str, Any]:
    """Lay out the figures of one level: their number, a summary, each class and the confusions."""
    columns = {name: values.tolist() for name, values in quality.by_class().items()}
    classes = [
        {"label": label, "name": name} | {figure: _clean(values[label]) for figure, values in columns.items()}
        for label, name in enumerate(names)
    ]
    return {
        "count": quality.count,
        "summary": {name: _clean(value) for name, value in quality.summary().items()},
        "classes": classes,
        "confusion_per_class": quality.outcomes.matrices.tolist(),
        "confusion": quality.confusion.tolist(),
    }


def count_levels(levels: Sequence[dict[str, Any]]) -> dict[str, int | float]:
    """Return the size of each level and, of the first, the macro F1 and the mean average precision."""
    counts: dict[str, int | float] = {f"{level['level']}s": level["count"] for level in levels}
    metric_columns = {"macro F1": "macro_f1", "mean AP": "macro_average_precision"}
    summary = levels[0]["summary"]
    figures = {
        name: round(summary[key], 4) for name, key in metric_columns.items() if summary[key] is not None
    }
    return counts | figures


def write_quality(outputs: EvaluateOutputs, details: dict[str, Any]) -> None:
    """Write the details of an evaluation as JSON, and those of each class as CSV."""
    with atomic_write(outputs.json_path) as temporary:
        temporary.write_text(json.dumps(details, indent=1) + "\n")
    rows = [
        {"level": level["level"], "aggregation": level["aggregation"]} | row
        for level in details["levels"]
        for row in level["classes"]
    ]
    write_csv(outputs.csv_path, pd.DataFrame(rows), float_format="%.6g")


def format_quality(details: dict[str, Any]) -> str:
    """Lay out the details of an evaluation as text: a line a class for cells, then one a level."""
    first = details["levels"][0]
    lines = [f"{'cells, by class':<44}{'true':>8}{'found':>8}" + _row(("F1", "prec.", "recall", "AP", "AUC"))]
    for row in first["classes"]:
        figures = (row[name] for name in ("f1", "precision", "recall", "average_precision", "roc_auc"))
        lines.append(f"{row['label']:>2} {row['name']:<41}{row['true']:>8}{row['found']:>8}{_row(figures)}")
    heads = ("F1 macro", "F1 micro", "AP macro", "AP micro", "AUC", "subset", "balanced")
    lines += ["", f"{'level':<24}{'count':>8}" + _row(heads, 10)]
    for level in details["levels"]:
        name = f"{level['level']} {level['aggregation']}".strip()
        chosen = ("macro_f1", "micro_f1", "macro_average_precision", "micro_average_precision")
        chosen = (*chosen, "macro_roc_auc", "subset_accuracy", "balanced_accuracy")
        figures = [level["summary"][figure] for figure in chosen]
        lines.append(f"{name:<24}{level['count']:>8}" + _row(figures, 10))
    return "\n".join(lines)


def _clean(value: float | int) -> float | int | None:
    """Turn NaN into None, which JSON knows."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _row(figures: Any, width: int = 8) -> str:
    return "".join(f"{_format(figure):>{width}}" for figure in figures)


def _format(figure: float | str | None) -> str:
    if figure is None:
        return "-"
    return figure if isinstance(figure, str) else f"{figure:.3f}"
