"""A picture of confusion matrices: that of all classes, and one of two by two a class."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.evaluate.quality import Quality
from data.plots.figure_file import shorten, write_figure

_COLOURS = "Blues"
_LONGEST_NAME = 24


def draw_confusion(path: Path, quality: Quality, names: Sequence[str], title: str) -> None:
    """Draw the confusion matrices of some predictions, as PNG.

    Left the likeliest class by true class, of those with just one true class, in per cent of the row; right
    what was found by what is true, a panel a class as in jain2021, with counts. Colours are parts of the row.

    Parameters
    ----------
    names
        (C,) names of the classes.
    title
        What was judged.
    """
    columns = math.isqrt(len(names) - 1) + 1
    rows = -(-len(names) // columns)
    side = max(6.0, 0.36 * len(names) + 2.5)
    figure = Figure(figsize=(2 * side, max(side, 1.75 * rows)), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subfigures(1, 2, squeeze=False)[0]
    _draw_classes(left.subplots(), quality.confusion, names)
    panels = right.subplots(rows, columns, squeeze=False).ravel()
    for label, panel in enumerate(panels):
        if label < len(names):
            _draw_panel(panel, quality.outcomes.matrices[label], f"{label} {names[label]}")
        else:
            panel.axis("off")
    write_figure(path, figure)


def _draw_classes(axes: Axes, matrix: NDArray[np.int64], names: Sequence[str]) -> None:
    parts = _parts_of_rows(matrix)
    axes.imshow(parts, cmap=_COLOURS, vmin=0, vmax=1)
    for row, column in np.argwhere(matrix > 0).tolist():
        part = parts[row, column]
        axes.text(column, row, f"{100 * part:.0f}", ha="center", va="center", fontsize=7, color=_ink(part))
    labels = [f"{name} ({total})" for name, total in zip(names, matrix.sum(axis=1), strict=True)]
    axes.set_yticks(range(len(names)), labels, fontsize=8)
    axes.set_xticks(
        range(len(names)), [shorten(name, _LONGEST_NAME) for name in names], rotation=90, fontsize=8
    )
    axes.set(xlabel="likeliest class", ylabel="true class (count), those with one class only")
    axes.set_title("likeliest by true class, % of the row", fontsize=10)


def _draw_panel(axes: Axes, matrix: NDArray[np.int64], title: str) -> None:
    parts = _parts_of_rows(matrix)
    axes.imshow(parts, cmap=_COLOURS, vmin=0, vmax=1)
    for row, column in np.ndindex(2, 2):
        count, ink = matrix[row, column], _ink(float(parts[row, column]))
        axes.text(column, row, f"{count}", ha="center", va="center", fontsize=8, color=ink)
    axes.set_xticks((0, 1), ("not found", "found"), fontsize=7)
    axes.set_yticks((0, 1), ("not", "true"), fontsize=7)
    axes.set_title(shorten(title, _LONGEST_NAME), fontsize=8)


def _parts_of_rows(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


def _ink(part: float) -> str:
    return "white" if part > 0.6 else "black"
