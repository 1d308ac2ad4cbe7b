"""Evaluate: how good predictions are, for each cell, for whole images and for proteins."""

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.cells.cells_table import read_cells
from data.errors import InputError
from data.evaluate.aggregation import How, aggregate
from data.evaluate.quality import Quality, measure_decisions
from data.labels.label_file import check_coverage, parse_labels, read_labels, read_proteins
from data.labels.label_set import LabelSet
from data.plots.class_scores import draw_class_figures
from data.plots.confusion import draw_confusion
from data.predictions.predictions_table import probability_columns, read_class_names, read_predictions
from stages.evaluate.settings import EvaluateSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

FILES = ("quality.json", "quality.csv", "confusion.png", "f1.png")
"""What is written."""

_CELL = ["image_id", "cell_id"]
_MAJORITY = 0.5


@dataclass(frozen=True)
class _Judged:
    """Predictions and truth of cells, images or proteins, a row each."""

    names: NDArray[np.str_]
    probabilities: NDArray[np.floating]
    decisions: NDArray[np.bool_]
    targets: NDArray[np.bool_]

    def group(self, groups: NDArray[np.str_], how: How) -> "_Judged":
        """Aggregate to groups, a name a row; a group has the classes that any of its members truly has."""
        names, probabilities = aggregate(self.probabilities, groups, how)
        _, decisions = aggregate(self.decisions, groups, how)
        _, targets = aggregate(self.targets, groups, "union")
        return _Judged(names, probabilities, decisions >= _MAJORITY, targets >= 1)


def run(
    predictions: Path,
    cells: Path,
    labels: Path,
    output: Path,
    settings: EvaluateSettings,
    context: Context,
    *,
    trained_on: bool = False,
) -> StageReport:
    """Measure predictions against the labels of their images.

    A cell has the labels of its image (its own, where it is pre-cropped). An image has what any of its
    cells has (union), or is ranked by its cells' mean probability and has what at least half of them have
    (mean); a protein likewise of its images, where the label file names proteins.

    Parameters
    ----------
    predictions, cells
        The tables; dropped cells, and those of images without a label, are left out.
    labels
        Label file, with the classes of the predictions.
    output
        Folder for all ``FILES``; ``quality.csv`` has a row a class and level.
    trained_on
        Whether the classifier was trained with these very labels, of which the user is warned.

    Returns
    -------
    StageReport
        With the content of ``quality.json`` in its details.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or no cell is left.
    """
    names = read_class_names(predictions) if predictions.is_file() else ()
    cell_level = _read_cells(predictions, cells, labels, names, settings)
    if trained_on:
        log.warning("these labels were trained with: the figures of cells that were trained on are too good")
    levels: list[dict[str, Any]] = []
    drawn: dict[str, Quality] = {}
    with context.track("evaluate", 5) as advance:
        for level, how, judged in _list_levels(cell_level, read_proteins(labels)):
            quality = measure_decisions(judged.probabilities, judged.decisions, judged.targets)
            levels.append({"level": level, "aggregation": how, **_describe(quality, names)})
            if level == "cell":
                title = f"{quality.count} cells, {len(set(judged.names))} images"
                draw_confusion(output / "confusion.png", quality, names, title)
            if level != "protein":
                title = f"{quality.count} {level}s"
                drawn[f"{title}, {how} of cells" if how else title] = quality
            advance(1)
    draw_class_figures(output / "f1.png", drawn, names)
    details = {"threshold": settings.threshold, "trained_on": trained_on, "levels": levels}
    _write(output, details)
    return StageReport(counts=_count(levels), details=details)


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


def _read_cells(
    predictions: Path, cells: Path, labels: Path, names: Sequence[str], settings: EvaluateSettings
) -> _Judged:
    """Read the cells to judge; their names are those of their images."""
    table = _join(predictions, cells)
    label_set = LabelSet(names=tuple(names), title=f"of {predictions}")
    true = read_labels(labels, label_set)
    check_coverage(true, table["image_id"], where=labels)
    table = table[(table["dropped"] == "") & table["image_id"].isin([key for key in true if true[key]])]
    if not len(table):
        raise InputError(
            found="no cell of the labelled images is left",
            where=cells,
            expected="cells that no filter of the crops stage dropped",
            advice="give the labels of other images, or loosen the filters of `hpacells crops`",
        )
    probabilities = table[probability_columns(table.columns)].to_numpy()
    if settings.threshold is not None or "labels" not in table.columns:
        decisions = probabilities >= (0.5 if settings.threshold is None else settings.threshold)
    else:
        called = [
            parse_labels(text, label_set, where=str(predictions)) if text else () for text in table["labels"]
        ]
        decisions = _mark(called, len(names))
    images = table["image_id"].to_numpy(dtype=str)
    return _Judged(images, probabilities, decisions, _mark([true[image] for image in images], len(names)))


def _join(predictions: Path, cells: Path) -> pd.DataFrame:
    table = read_cells(cells, [*_CELL, "dropped"])
    joined = read_predictions(predictions, embedding=False).merge(table, how="left", on=_CELL)
    unknown = joined[joined["dropped"].isna()]
    if len(unknown):
        first = f"cell {unknown['cell_id'].iloc[0]} of image {unknown['image_id'].iloc[0]}"
        raise InputError(
            found=f"predictions of {len(unknown)} cells that {cells} lacks, first {first}",
            where=predictions,
            expected="predictions of these cells",
            advice="run `hpacells predict` again",
        )
    return joined


def _list_levels(cells: _Judged, proteins: Mapping[str, str]) -> list[tuple[str, str, _Judged]]:
    """List level, aggregation and what is judged; proteins only where some image has one."""
    levels: list[tuple[str, str, _Judged]] = [("cell", "", cells)]
    images: dict[How, _Judged] = {
        "union": cells.group(cells.names, "union"),
        "mean": cells.group(cells.names, "mean"),
    }
    levels += [("image", how, judged) for how, judged in images.items()]
    for how, judged in images.items():
        named = np.array([image in proteins for image in judged.names], bool)
        if named.any():
            known = _Judged(*(getattr(judged, part)[named] for part in judged.__dataclass_fields__))
            groups = np.array([proteins[image] for image in known.names])
            levels.append(("protein", how, known.group(groups, how)))
    return levels


def _mark(classes: Sequence[Sequence[int]], count: int) -> NDArray[np.bool_]:
    marks = np.zeros((len(classes), count), bool)
    for row, numbers in enumerate(classes):
        marks[row, list(numbers)] = True
    return marks


def _describe(quality: Quality, names: Sequence[str]) -> dict[str, Any]:
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


def _write(output: Path, details: dict[str, Any]) -> None:
    with atomic_write(output / "quality.json") as temporary:
        temporary.write_text(json.dumps(details, indent=1) + "\n")
    rows = [
        {"level": level["level"], "aggregation": level["aggregation"]} | row
        for level in details["levels"]
        for row in level["classes"]
    ]
    with atomic_write(output / "quality.csv") as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.6g")


def _count(levels: Sequence[dict[str, Any]]) -> dict[str, int | float]:
    counts: dict[str, int | float] = {f"{level['level']}s": level["count"] for level in levels}
    told = {"macro F1": "macro_f1", "mean AP": "macro_average_precision"}
    summary = levels[0]["summary"]
    figures = {name: round(summary[key], 4) for name, key in told.items() if summary[key] is not None}
    return counts | figures


def _clean(value: float | int) -> float | int | None:
    """Turn NaN into None, which JSON knows."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _row(figures: Any, width: int = 8) -> str:
    return "".join(f"{_format(figure):>{width}}" for figure in figures)


def _format(figure: float | str | None) -> str:
    if figure is None:
        return "-"
    return figure if isinstance(figure, str) else f"{figure:.3f}"
