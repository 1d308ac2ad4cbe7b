"""Results that are kept, so that no recipe is measured twice and none that fails stops the others."""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data.atomic import atomic_write

log = logging.getLogger("hpacells")

Result = dict[str, Any]


def measure_once(path: Path, key: str, measure: Callable[[], Result]) -> Result:
    """Return what the file holds under this key, or measure it and write the file.

    What fails is told and given as ``{"failed": why}``, but not kept: it is tried again the next time. Only
    Ctrl-C gets through.
    """
    try:
        kept = json.loads(path.read_text())
        if kept["key"] == key:
            log.info("%s: measured before", path.parent.name)
            return kept["result"]
    except (OSError, ValueError, KeyError):
        pass
    # Measuring replaces the model that an older result is of.
    path.unlink(missing_ok=True)
    try:
        result = measure()
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        log.error("%s: %s", path.parent.name, why)
        return {"failed": why}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps({"key": key, "result": result}, indent=1) + "\n")
    return result


def make_row(name: str, results: Mapping[str, Result], published: str) -> Result:
    """Lay out what is known of a recipe as one row, with plain values and names for columns.

    Parameters
    ----------
    name
        The recipe's.
    results
        ``simulated``, and where there are real cells ``imagenet`` and ``pretrained``; each may be missing,
        empty (left out) or have failed.
    published
        What its paper reports.
    """
    simulated = results.get("simulated", {})
    row: Result = {"recipe": name, "failed": "; ".join(_failures(results))}
    row |= {column: simulated.get(column) for column in ("px", "weights", "map", "cells", "seconds", "tiles")}
    for against in ("image", "true"):
        figures = simulated.get(against, {})
        row |= {f"{against}_{name}": figures.get(name) for name in ("macro_f1", "micro_ap", "macro_ap")}
    seconds = simulated.get("seconds")
    row["tiles_per_second"] = simulated["tiles"] / seconds if seconds else None
    row["parameters"] = simulated.get("parameters")
    for start in ("imagenet", "pretrained"):
        figures = results.get(start, {})
        row |= {f"real_{start}_{name}": figures.get(name) for name in ("balanced_accuracy", "macro_f1")}
        row[f"real_{start}_cells"] = figures.get("cells")
    return row | {"published": published}


def sort_rows(rows: list[Result]) -> list[Result]:
    """Sort rows by mAP, the highest first; those without one come last."""
    return sorted(rows, key=lambda row: (row["map"] is None, -(row["map"] or 0), row["recipe"]))


def _failures(results: Mapping[str, Result]) -> list[str]:
    told = {"simulated": "simulated", "imagenet": "real", "pretrained": "real, pretrained"}
    return [
        f"{told[name]}: {result['failed']}"
        for name, result in results.items()
        if result and "failed" in result
    ]
