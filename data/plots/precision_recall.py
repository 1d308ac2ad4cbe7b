"""Precision-recall curves."""

from collections.abc import Mapping
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.plots.figure_file import shorten, write_figure

_COLUMNS = 4
_LONGEST_NAME = 28

Curve = tuple[float, NDArray[np.float64], NDArray[np.float64]]
"""Average precision, and recall and precision after each detection, (n,) each."""


def draw_precision_recall(path: Path, curves: Mapping[str, Curve]) -> None:
    """Draw a panel per curve with its name and average precision above it, as PNG.

    The line is what was measured; below the dashed one lies the average precision, which takes at each recall
    the highest precision from there on.
    """
    rows = max(1, ceil(len(curves) / _COLUMNS))
    figure = Figure(figsize=(11, 0.4 + 2.4 * rows), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in panels[len(curves) :]:
        axes.set_axis_off()
    for axes, (name, (value, recall, precision)) in zip(panels, curves.items(), strict=False):
        highest = np.maximum.accumulate(precision[::-1])[::-1]
        axes.plot(recall, precision, color="tab:blue", linewidth=1)
        axes.step(recall, highest, where="pre", color="tab:orange", linewidth=1, linestyle="--")
        axes.set_title(f"{shorten(name, _LONGEST_NAME)} ({value:.3f})", fontsize=9)
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
        axes.grid(alpha=0.3)
    figure.supxlabel("recall", fontsize=9)
    figure.supylabel("precision", fontsize=9)
    write_figure(path, figure)
