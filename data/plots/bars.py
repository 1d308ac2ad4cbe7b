"""Counts, or other figures, as bars: of classes or combinations by name, or of numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.plots.figure_file import shorten, write_figure

_COLOURS = ("tab:blue", "lightsteelblue", "tab:orange")
_LONGEST_NAME = 60
_MOST_WRITTEN = 20
"""Bars side by side whose counts are still legible above them."""


def draw_named_bars(
    path: Path,
    names: Sequence[str],
    counts: Mapping[str, NDArray[np.integer] | NDArray[np.floating]],
    *,
    title: str,
    unit: str,
    stacked: bool = True,
    written: str = ",",
) -> None:
    """Draw a lying bar a name, the first name on top, with its count beside it, as PNG.

    Parameters
    ----------
    names
        (n,) names.
    counts
        Name of a part -> (n,) counts, at most three parts; a legend names them if there are several.
    unit
        What is counted.
    stacked
        The parts of a bar follow each other, and their sum stands beside it; else each part is a bar with a
        number of its own.
    written
        How a number is written, as a format specification.
    """
    figure = Figure(figsize=(9, 1.3 + len(names) * (0.27 if stacked else 0.4)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(names), dtype=float)
    total: NDArray[Any] = np.zeros(len(names), np.int64)
    height = 0.8 if stacked else 0.8 / len(counts)
    for number, (part, values) in enumerate(counts.items()):
        shift = 0.0 if stacked else (number - (len(counts) - 1) / 2) * height
        left = total if stacked else None
        axes.barh(places + shift, values, height, left=left, color=_COLOURS[number], label=part)
        total = total + values
        if not stacked:
            _write_beside(axes, places + shift, values, written)
    if stacked:
        _write_beside(axes, places, total, written)
    axes.set_yticks(places, [shorten(name, _LONGEST_NAME) for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.1)
    axes.set(xlabel=unit, title=title)
    _finish(path, figure, axes, legend=len(counts) > 1)


def draw_number_bars(path: Path, counts: Mapping[int, int], *, title: str, of: str, unit: str) -> None:
    """Draw a standing bar a number: how often (``unit``) each number of something (``of``) occurs, as PNG."""
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    numbers, values = list(counts), list(counts.values())
    bars = axes.bar(numbers, values, 0.85, color=_COLOURS[0])
    if len(numbers) <= _MOST_WRITTEN:
        axes.bar_label(bars, [f"{value:,}" for value in values], fontsize=8)
        axes.set_xticks(numbers)
    axes.margins(y=0.1)
    axes.set(xlabel=of, ylabel=unit, title=title)
    _finish(path, figure, axes, legend=False)


def _write_beside(axes: Axes, places: NDArray[np.floating], values: NDArray[Any], written: str) -> None:
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        axes.annotate(
            format(value, written),
            (value, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )


def _finish(path: Path, figure: Figure, axes: Axes, *, legend: bool) -> None:
    axes.title.set_fontsize(10)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    write_figure(path, figure)
