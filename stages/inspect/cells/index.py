"""The first pages of a report on pre-cropped cells: counts by class, and a thumbnail a group."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.inspect.cells.cards import CellCards
from stages.inspect.cells.views import View
from stages.inspect.first_page import copy_beside, count_cells
from stages.inspect.given_labels import PARTLY, RIGHT, WRONG
from stages.inspect.paths import PrecroppedInspectInputs
from stages.pages.template import write_page
from stages.stage import Failure

_THUMBNAILS = 500


def write_cell_index(
    folder: Path,
    inputs: PrecroppedInspectInputs,
    cards: CellCards,
    views: Sequence[View],
    groups: Sequence[dict[str, Any]],
    failures: Sequence[Failure],
) -> None:
    """Write ``index.html``, with further pages of thumbnails where there are many, and the style sheet.

    Parameters
    ----------
    folder
        Where the report is written.
    inputs
        Says where the curves are, and whether the labels were trained with.
    cards
        What is said of each cell.
    views
        The choices of cells that have pages.
    groups
        What the pages that were written tell of themselves.
    failures
        Groups that could not be shown.
    """
    copy_beside(folder, inputs.curves_path)
    files = {view.name: f"views/{view.name}-1.html" for view in views}
    content: dict[str, Any] = {
        **count_cells(cards.dropped.tolist()),
        "predicted": sum(called is not None for called in cards.called),
        "verdicts": Counter(cards.verdicts.tolist()),
        "labelled": sum(bool(given) for given in cards.given),
        "labels": inputs.labels_path.name if inputs.labels_path else "",
        "trained_on": inputs.trained_on,
        "classes": _count_classes(cards, files),
        "other_views": [
            {"title": view.title, "file": files[view.name], "cells": len(view.rows)}
            for view in views
            if not view.name.startswith("class-")
        ],
        "classifier": inputs.classifier,
        "limits": inputs.limits,
        "curves": inputs.curves_path is not None,
        "failures": failures,
        "attention": cards.attention.note,
    }
    starts = range(0, len(groups), _THUMBNAILS)
    names = ["index.html", *(f"index-{number}.html" for number in range(2, len(starts) + 1))]
    for number, start in enumerate(starts):
        write_page(
            folder / names[number],
            "cell_index.html",
            **content,
            groups=groups[start : start + _THUMBNAILS],
            first=number == 0,
            pages=names,
            this=names[number],
        )


def _count_classes(cards: CellCards, files: dict[str, str]) -> list[dict[str, Any]]:
    """Count the cells of each class that was predicted or given, in the order of the label set."""
    predicted, given = Counter[str](), Counter[str](name for names in cards.given for name in names)
    verdicts = {verdict: Counter[str]() for verdict in (RIGHT, PARTLY, WRONG)}
    for called, verdict in zip(cards.called, cards.verdicts, strict=True):
        predicted.update(called or ())
        if verdict:
            verdicts[verdict].update(called or ())
    known = cards.predicted.label_set.names if cards.predicted.label_set else ()
    names = dict.fromkeys([*known, *sorted(given)])
    return [
        {
            "name": name,
            "file": files.get(f"class-{label}", ""),
            "predicted": predicted[name],
            "given": given[name],
            **{verdict: counts[name] for verdict, counts in verdicts.items()},
        }
        for label, name in enumerate(names)
        if predicted[name] or given[name]
    ]
