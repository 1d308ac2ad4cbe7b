"""The index of a report: what is said of each field and cell, in parts that are loaded when needed."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stages.inspect.cells.cell_facts import PLACES, CellFacts
from stages.inspect.cells.places import Places
from stages.inspect.given_labels import PARTLY, RIGHT, UNKNOWN, WRONG
from stages.inspect.written.scripts import write_script

FIELDS_PER_PART = 2000
CELLS_PER_PART = 20_000

VERDICTS = (UNKNOWN, RIGHT, PARTLY, WRONG)
"""Verdicts by the number that stands for them."""


def write_field_index(
    folder: Path, facts: CellFacts, titles: Sequence[str], rows: Sequence[np.ndarray], failed: set[int]
) -> int:
    """Write what the grid of fields is filtered and sorted by; return the number of parts.

    Parameters
    ----------
    folder
        The report.
    facts
        What is said of each cell.
    titles, rows
        Of each field that is shown its title and the rows of its cells.
    failed
        Numbers of the fields, from 1, that could not be shown.
    """
    likeliest = facts.likeliest
    entries = [
        _describe_field(facts, likeliest, title, own) | ({"failed": True} if page in failed else {})
        for page, (title, own) in enumerate(zip(titles, rows, strict=True), start=1)
    ]
    starts = range(0, len(entries), FIELDS_PER_PART)
    for number, start in enumerate(starts, start=1):
        write_script(folder, f"data/fields_{number}", entries[start : start + FIELDS_PER_PART])
    return len(starts)


def _describe_field(facts: CellFacts, likeliest: np.ndarray, title: str, rows: np.ndarray) -> dict[str, Any]:
    """Return ``classes`` as [label, cells, largest probability], and what else fields are chosen by."""
    cells, best = Counter[int](), dict[int, float]()
    commonest = Counter[tuple[int, ...]]()
    given = dict.fromkeys(label for row in rows.tolist() for label in facts.given[row])
    for row in rows.tolist():
        called = facts.called[row]
        if called is None or facts.dropped[row]:
            continue
        commonest[called] += 1
        for label in called:
            cells[label] += 1
            best[label] = max(best.get(label, 0.0), float(facts.predicted.probabilities[row, label]))
    judged = commonest.total()
    own = likeliest[rows]
    own = own[np.isfinite(own)]
    return {
        "id": title,
        "cells": len(rows),
        "kept": int((facts.dropped[rows] == "").sum()),
        "given": sorted(given),
        "classes": [[label, count, round(best[label], PLACES)] for label, count in cells.most_common()],
        "none": commonest[()],
        "differ": int(np.isin(facts.verdicts[rows], [PARTLY, WRONG]).sum()),
        "wrong": int((facts.verdicts[rows] == WRONG).sum()),
        "dropped": sorted(set(facts.dropped[rows].tolist()) - {""}),
        "agreement": round(commonest.most_common(1)[0][1] / judged, 3) if judged else None,
        "confidence": round(float(own.mean()), 3) if len(own) else None,
    }


def write_cell_index(folder: Path, facts: CellFacts, places: Places, *, with_ids: bool) -> int:
    """Write what cells are filtered and sorted by; return the number of parts.

    Each part has columns: ``f`` and ``n``, where the cell is shown; ``c`` and ``g``, the called and the given
    classes, by their number in ``sets``, -1 for a cell that was not predicted; ``t`` and ``p``, the likeliest
    class and its probability; ``q``, the probabilities of the called classes; ``v``, the verdict; ``d``, why
    a filter left it out; with ``with_ids`` also ``i``, the IDs, where they are not those of the fields.
    """
    rows = places.shown
    rows = rows[np.lexsort((places.number[rows], places.page[rows]))]
    starts = range(0, len(rows), CELLS_PER_PART)
    for number, start in enumerate(starts, start=1):
        part = rows[start : start + CELLS_PER_PART]
        content = _list_cells(facts, places, part)
        if with_ids:
            content["i"] = facts.table["image_id"].to_numpy(object)[part]
        write_script(folder, f"data/cells_{number}", content)
    return len(starts)


def _list_cells(facts: CellFacts, places: Places, rows: np.ndarray) -> dict[str, Any]:
    sets: dict[tuple[int, ...], int] = {}
    reasons: dict[str, int] = {"": 0}
    columns: dict[str, list[Any]] = {name: [] for name in ("f", "n", "c", "g", "t", "p", "q", "v", "d")}
    for row in rows.tolist():
        called, probabilities = facts.called[row], facts.predicted.probabilities[row]
        top = -1 if called is None else int(probabilities.argmax())
        columns["f"].append(places.page[row])
        columns["n"].append(places.number[row])
        columns["c"].append(-1 if called is None else sets.setdefault(called, len(sets)))
        columns["g"].append(sets.setdefault(facts.given[row], len(sets)))
        columns["t"].append(top)
        columns["p"].append(None if top < 0 else round(float(probabilities[top]), 3))
        if called is None or called == (top,):
            columns["q"].append(0)
        else:
            columns["q"].append([round(float(probabilities[label]), 3) for label in called])
        columns["v"].append(VERDICTS.index(facts.verdicts[row]))
        columns["d"].append(reasons.setdefault(str(facts.dropped[row]), len(reasons)))
    return {"sets": list(sets), "reasons": list(reasons), **columns}
