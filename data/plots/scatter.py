"""Cells in a plane as a picture, coloured by their class."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.plots.figure_file import shorten, write_figure

_MARKERS = "os^Dv"
_LONGEST_NAME = 40


def draw_scatter(
    path: Path,
    points: NDArray[np.floating],
    classes: NDArray[np.integer],
    names: Sequence[str],
    *,
    title: str,
    axis: str,
) -> None:
    """Draw points (n, 2), coloured by their class, as PNG; the legend counts each class.

    Parameters
    ----------
    classes
        (n,) class of each point.
    names
        Names of all classes, by number.
    axis
        What an axis is, before its number.
    """
    colours = matplotlib.colormaps["tab10"].colors  # type: ignore[attr-defined]  # of a listed map
    figure = Figure(figsize=(9.5, 6.5), layout="constrained")
    axes = figure.subplots()
    # Large classes are drawn first, so that small ones are not hidden below them.
    present, counts = np.unique(classes, return_counts=True)
    handles = {}
    for place in np.argsort(-counts, kind="stable").tolist():
        label = int(present[place])
        handles[label] = axes.scatter(
            *points[classes == label].T,
            s=22,
            color=colours[place % len(colours)],
            marker=_MARKERS[place // len(colours) % len(_MARKERS)],
            alpha=0.75,
            linewidths=0,
            label=f"{label} {shorten(names[label], _LONGEST_NAME)} ({counts[place]})",
        )
    axes.set(xlabel=f"{axis} 1", ylabel=f"{axis} 2")
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    ordered = [handles[label] for label in sorted(handles)]
    figure.legend(handles=ordered, loc="outside right upper", frameon=False, fontsize=8)
    write_figure(path, figure)
