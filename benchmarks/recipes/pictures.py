"""The comparison as a picture: what each recipe reaches, and what it costs."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from matplotlib.transforms import Bbox

from benchmarks.recipes.results import Result, sort_rows
from data.atomic import atomic_write
from pipeline.config.config import DEFAULT_RECIPE

_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:purple", "tab:brown", "tab:olive", "tab:cyan")
_AREA_PER_MILLION = 4.0
_LEAST_AREA = 12.0
_LINE = 9
"""Height of a line of a label in points."""


def draw_comparison(path: Path, rows: Sequence[Result]) -> None:
    """Draw mAP and macro AP of all recipes as bars, and mAP by training time, as PNG.

    Recipes without a mAP are left out; nothing is written where none has one.
    """
    shown = sort_rows([row for row in rows if row["map"] is not None])
    if not shown:
        return
    figure = Figure(figsize=(15, 1.6 + 0.34 * max(len(shown), 14)), layout="constrained")
    bars, scatter = figure.subplots(1, 2, width_ratios=(1, 1.15))
    canvas = FigureCanvasAgg(figure)
    _draw_bars(bars, shown)
    labels = _draw_scatter(scatter, shown)
    canvas.draw()
    figure.set_layout_engine("none")
    _part_labels(labels, shown, canvas)
    with atomic_write(path) as temporary:
        canvas.print_png(str(temporary))


def _draw_bars(axes: Axes, rows: Sequence[Result]) -> None:
    places = np.arange(len(rows))
    for offset, name, title, alpha in (
        (-0.2, "map", "mAP@0.6", 1.0),
        (0.2, "true_macro_ap", "macro AP", 0.45),
    ):
        values = [row[name] for row in rows]
        colours = [_colour(row["recipe"], rows) for row in rows]
        axes.barh(places + offset, values, 0.38, color=colours, alpha=alpha)
        for place, value in zip(places, values, strict=True):
            axes.text(value + 0.005, place + offset, f"{value:.3f}", va="center", fontsize=7)
        axes.barh([0], [0], color="black", alpha=alpha, label=title)
    axes.set_yticks(places, [row["recipe"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * max(max(row["map"], row["true_macro_ap"]) for row in rows))
    axes.set_title("simulated cells, true labels")
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_scatter(axes: Axes, rows: Sequence[Result]) -> list[Annotation]:
    labels = []
    for row in rows:
        place, area = (row["seconds"], row["map"]), _area(row)
        axes.scatter(*place, s=area, color=_colour(row["recipe"], rows), alpha=0.6, linewidths=0)
        axes.plot(*place, ".", color="black", markersize=2)
        weight = "bold" if row["recipe"] == DEFAULT_RECIPE else "normal"
        label = axes.annotate(
            row["recipe"], place, (0, 0), textcoords="offset points", fontsize=8, weight=weight, va="center"
        )
        labels.append(label)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(x=0.2, y=0.08)
    axes.set(xlabel="training time, s", ylabel="mAP@0.6", title="area: number of weights")
    axes.spines[["top", "right"]].set_visible(False)
    return labels


def _part_labels(labels: Sequence[Annotation], rows: Sequence[Result], canvas: FigureCanvasAgg) -> None:
    """Move each label to the first of some places beside its circle that are free and within the picture."""
    renderer, figure = canvas.get_renderer(), canvas.figure
    taken = [_box_of_circle(label, row, figure.dpi) for label, row in zip(labels, rows, strict=True)]
    for label, row in zip(labels, rows, strict=True):
        beside = _radius(row) + 3
        places = [(side * beside, line * _LINE) for line in (0, 1, -1, 2, -2, 3, -3) for side in (1, -1)]
        for x, y in places:
            label.xyann = (x, y)
            label.set_horizontalalignment("left" if x > 0 else "right")
            box = label.get_window_extent(renderer)
            if box.x1 < figure.bbox.x1 and not any(box.overlaps(other) for other in taken):
                break
        taken.append(label.get_window_extent(renderer))


def _box_of_circle(label: Annotation, row: Result, dpi: float) -> Bbox:
    assert label.axes is not None  # noqa: S101 (for the type checker)
    x, y = label.axes.transData.transform(label.xy)
    radius = _radius(row) * dpi / 72
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)


def _radius(row: Result) -> float:
    """Return the radius of a recipe's circle in points."""
    return math.sqrt(_area(row) / math.pi)


def _area(row: Result) -> float:
    """Return the area of a recipe's circle in square points."""
    return _LEAST_AREA + _AREA_PER_MILLION * row["parameters"] / 1e6


def _colour(recipe: str, rows: Sequence[Result]) -> str:
    """Assign a colour to the recipes of a paper of their own, and the default one red."""
    if recipe == DEFAULT_RECIPE:
        return "tab:red"
    papers = sorted({row["recipe"].partition("-")[0] for row in rows} - {DEFAULT_RECIPE})
    return _COLOURS[papers.index(recipe.partition("-")[0]) % len(_COLOURS)]
