"""A matrix as a picture: how often pairs of classes come together, or correlations."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import Locator, MaxNLocator
from numpy.typing import NDArray

from data.plots.figure_file import shorten, write_figure

_LONGEST_NAME = 24
_MOST_WRITTEN = 40
"""Rows or columns up to which the figures are written into their fields."""


def draw_pairs(path: Path, pairs: NDArray[np.int64], names: Sequence[str], *, title: str) -> None:
    """Draw how often two labels come together, as PNG; the diagonal, which would outshine them, is grey.

    Parameters
    ----------
    pairs
        (C, C) counts, on the diagonal those of the label itself.
    names
        (C,) names of the classes.
    """
    apart = pairs.astype(float)
    np.fill_diagonal(apart, np.nan)
    # By the square root, so that rare pairs can be told from none.
    norm = PowerNorm(0.5, vmin=0, vmax=max(np.nanmax(apart, initial=0), 1))
    labels = [f"{name} ({count:,})" for name, count in zip(names, np.diag(pairs).tolist(), strict=True)]
    whole = MaxNLocator(5, integer=True)
    _draw(path, apart, labels, names, title, "Blues", norm, _format_count, whole)


def draw_correlation(
    path: Path, correlation: NDArray[np.float64], names: Sequence[str], *, title: str
) -> None:
    """Draw the correlation of labels, (C, C), as PNG: red together, blue apart, grey not defined.

    The colours end at the strongest correlation of two different labels.
    """
    apart = correlation.copy()
    np.fill_diagonal(apart, np.nan)
    most = max(np.nanmax(np.abs(apart), initial=0), 0.01)
    _draw(path, apart, names, names, title, "RdBu_r", Normalize(-most, most), _format_correlation)


def draw_cross_correlation(
    path: Path,
    correlation: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
) -> None:
    """Draw the correlation of some things with others, (rows, columns), as PNG, in colours from -1 to 1."""
    _draw(path, correlation, rows, columns, title, "RdBu_r", Normalize(-1, 1), _format_correlation)


def _draw(
    path: Path,
    matrix: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    colours: str,
    norm: Normalize,
    write: Callable[[float], str],
    ticks: Locator | None = None,
) -> None:
    written = max(matrix.shape) <= _MOST_WRITTEN
    height, width = (min(max(3.0, (0.42 if written else 0.17) * count), 28.0) for count in matrix.shape)
    # Beside the matrix: names and the colour bar; below it the shortened names.
    figure = Figure(figsize=(width + 4.2, height + 2.1), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("lightgrey")
    image = axes.imshow(matrix, cmap=colours, norm=norm)
    if written:
        for row, column in np.argwhere(np.isfinite(matrix)).tolist():
            value = matrix[row, column]
            red, green, blue, _ = image.to_rgba(value)
            ink = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
            axes.text(column, row, write(value), ha="center", va="center", fontsize=6, color=ink)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_xticks(
        range(len(columns)), [shorten(name, _LONGEST_NAME) for name in columns], rotation=90, fontsize=8
    )
    axes.set_title(title, fontsize=10)
    figure.colorbar(image, ax=axes, shrink=0.6, ticks=ticks)
    write_figure(path, figure)


def _format_count(value: float) -> str:
    return f"{value:.0f}" if value else ""


def _format_correlation(value: float) -> str:
    # ".12" in place of "0.12": the fields are small.
    text = f"{value:.2f}"
    return "0" if float(text) == 0 else text.replace("0.", ".", 1)
