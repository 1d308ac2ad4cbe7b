"""Figures by name with their intervals."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.plots.figure_file import shorten, write_figure

_LONGEST_NAME = 60


def draw_intervals(
    path: Path, names: Sequence[str], values: NDArray[np.float64], *, title: str, unit: str
) -> None:
    """Draw a point and the line of its interval for each name, the first on top, with a line at 0, as PNG.

    Parameters
    ----------
    path
        The picture.
    names
        (n,) names.
    values
        (n, 3) the figure, and the ends of its interval, NaN where there is none.
    title, unit
        What is shown, and what the figures are.
    """
    figure = Figure(figsize=(9, 1.5 + 0.3 * len(names)), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(names))
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.hlines(places, values[:, 1], values[:, 2], color="tab:blue", linewidth=2)
    axes.plot(values[:, 0], places, "o", color="tab:blue")
    axes.set_yticks(places, [shorten(name, _LONGEST_NAME) for name in names], fontsize=8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_title(title)
    axes.set_xlabel(unit)
    axes.grid(axis="x", alpha=0.3)
    write_figure(path, figure)
