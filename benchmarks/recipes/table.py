"""The comparison as Markdown, CSV and JSON."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.recipes.results import Result, sort_rows
from data.atomic import atomic_write
from pipeline.config.config import DEFAULT_RECIPE

_MISSING = "-"


def write_tables(folder: Path, rows: Sequence[Result], foot: Sequence[str]) -> None:
    """Write ``recipes.md``, ``recipes.csv`` and ``recipes.json``, the recipe with the highest mAP first."""
    ordered = sort_rows(list(rows))
    _write(folder / "recipes.md", format_table(ordered, foot))
    _write(folder / "recipes.csv", pd.DataFrame(ordered).to_csv(index=False, float_format="%.6g"))
    _write(folder / "recipes.json", json.dumps({"foot": list(foot), "recipes": ordered}, indent=1) + "\n")


def format_table(rows: Sequence[Result], foot: Sequence[str]) -> str:
    """Lay rows out as a Markdown table, with what failed and the lines of the foot below it."""
    shown = [(title, name, show) for title, name, show in _columns() if _is_told(name, rows)]
    default = next((row["map"] for row in rows if row["recipe"] == DEFAULT_RECIPE), None)
    lines = [
        f"| {' | '.join(title for title, _, _ in shown)} |",
        f"| --- |{' --- |' * (len(shown) - 1)}",
    ]
    for row in rows:
        known = row | {"ahead": _difference(row, default)}
        cells = [_MISSING if _is_missing(known[name]) else show(known[name]) for _, name, show in shown]
        lines.append(f"| {' | '.join(cells)} |")
    failed = [f"- {row['recipe']} failed: {row['failed']}" for row in rows if row["failed"]]
    return "\n".join([*lines, *(["", *failed] if failed else []), "", _count_cells(rows), *foot]) + "\n"


def _columns() -> list[tuple[str, str, Callable[[Any], str]]]:
    figures = [("F1", "macro_f1"), ("micro AP", "micro_ap"), ("macro AP", "macro_ap")]
    real = [("bal. acc.", "balanced_accuracy"), ("F1", "macro_f1")]
    return [
        ("recipe", "recipe", str),
        ("px", "px", str),
        ("initial weights", "weights", str),
        *((f"{title} (image)", f"image_{name}", _three) for title, name in figures),
        *((f"{title} (true)", f"true_{name}", _three) for title, name in figures),
        ("mAP@0.6", "map", _three),
        (f"to {DEFAULT_RECIPE}", "ahead", lambda value: f"{value:+.3f}"),
        ("training s", "seconds", lambda value: f"{value:.0f}"),
        ("tiles/s", "tiles_per_second", lambda value: f"{value:.0f}"),
        ("parameters, M", "parameters", lambda value: f"{value / 1e6:.1f}"),
        *((f"real: {title}", f"real_imagenet_{name}", _three) for title, name in real),
        *((f"real, pretrained: {title}", f"real_pretrained_{name}", _three) for title, name in real),
        ("published", "published", str),
    ]


def _count_cells(rows: Sequence[Result]) -> str:
    counts = {
        name: {row[name] for row in rows} - {None}
        for name in ("cells", "real_imagenet_cells", "real_pretrained_cells")
    }
    simulated, real = counts["cells"], counts["real_imagenet_cells"] | counts["real_pretrained_cells"]
    told = [f"{' or '.join(map(str, sorted(simulated)))} simulated cells"] if simulated else []
    told += [f"{' or '.join(map(str, sorted(real)))} real cells"] if real else []
    return f"Judged on {' and '.join(told) or 'nothing'}."


def _three(value: float) -> str:
    return f"{value:.3f}"


def _is_told(name: str, rows: Sequence[Result]) -> bool:
    # Figures of real cells are left out where there are none.
    return not name.startswith("real_") or any(not _is_missing(row[name]) for row in rows)


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or value != value  # NaN alone differs from itself


def _difference(row: Result, default: float | None) -> float | None:
    if row["map"] is None or default is None or row["recipe"] == DEFAULT_RECIPE:
        return None
    return row["map"] - default


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text)
