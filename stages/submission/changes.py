"""What two submissions differ in, summed up for people and as JSON."""

from dataclasses import asdict
from typing import Any

from data.labels.label_set import LabelSet
from data.score.kaggle_map import Score
from data.submission.difference import SubmissionDifference


def summarise_changes(found: SubmissionDifference) -> dict[str, Any]:
    """Return the counts of cells, a row for each cell, and the images that one submission has alone."""
    return {
        "cells": found.count_states(),
        "lost_images": found.lost_images,
        "added_images": found.added_images,
        "changes": [asdict(cell) for cell in found.cells],
    }


def list_classes(found: SubmissionDifference, label_set: LabelSet) -> list[dict[str, Any]]:
    """Return what became of the confidences of each class in the cells that both submissions have.

    A class that one of them does not give to a cell counts as 0 there.

    Returns
    -------
    list of dict
        One row per class: ``label``, ``name``, ``compared``, ``changed`` (numbers of cells), ``mean_change``
        (of those compared) and ``largest_change``, second less first, 0 without a cell.
    """
    changes: list[list[float]] = [[] for _ in label_set.names]
    for cell in found.cells:
        if cell.iou is not None:
            for label, (before, after) in cell.confidences.items():
                changes[label].append((after or 0.0) - (before or 0.0))
    return [
        {
            "label": label,
            "name": name,
            "compared": len(of_class),
            "changed": sum(change != 0 for change in of_class),
            "mean_change": sum(of_class) / max(len(of_class), 1),
            "largest_change": max(of_class, key=abs, default=0.0),
        }
        for label, (name, of_class) in enumerate(zip(label_set.names, changes, strict=True))
    ]


def list_scores(first: Score, second: Score, label_set: LabelSet) -> dict[str, Any]:
    """Return mAP and average precision of each class with truth, of both submissions."""
    rows = zip(label_set.names, first.average_precision, second.average_precision, strict=True)
    return {
        "map": [first.map, second.map],
        "classes": [
            {"label": label, "name": name, "ap": [before, after]}
            for label, (name, before, after) in enumerate(rows)
            if before is not None
        ],
    }


def format_changes(details: dict[str, Any]) -> str:
    """Lay out the differences as tables of text."""
    lines = [", ".join(f"{count} {state}" for state, count in details["cells"].items())]
    for name, text in (("lost_images", "only in the first"), ("added_images", "only in the second")):
        if details[name]:
            lines.append(f"{len(details[name])} images {text}, such as {details[name][0]}")
    rows = [row for row in details["confidences"] if row["changed"]]
    if rows:
        lines += ["", f"{'confidences of class':<44}{'cells':>8}{'changed':>9}{'mean':>10}{'largest':>10}"]
        lines += [
            f"{row['label']:>2} {row['name']:<41}{row['compared']:>8}{row['changed']:>9}"
            f"{row['mean_change']:>+10.4f}{row['largest_change']:>+10.4f}"
            for row in rows
        ]
    if "scores" in details:
        lines += ["", *_format_scores(details["scores"])]
    return "\n".join(lines)


def _format_scores(scores: dict[str, Any]) -> list[str]:
    lines = [f"{'average precision of class':<44}{'first':>9}{'second':>9}{'change':>9}"]
    lines += [_format_pair(f"{row['label']:>2} {row['name']}", *row["ap"]) for row in scores["classes"]]
    return [*lines, _format_pair("mAP", *scores["map"])]


def _format_pair(name: str, first: float | None, second: float | None) -> str:
    if first is None or second is None:
        return f"{name:<44}{'-':>9}{'-':>9}{'-':>9}"
    return f"{name:<44}{first:>9.4f}{second:>9.4f}{second - first:>+9.4f}"
