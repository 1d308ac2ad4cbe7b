"""A picture of F1 and average precision of each class, for cells and for images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from data.evaluate.quality import Quality, mean_defined
from data.plots.figure_file import shorten, write_figure

_COLOURS = {"F1": "tab:blue", "average precision": "tab:orange"}
_LONGEST_NAME = 48
_HEIGHT = 0.4


def draw_class_figures(path: Path, levels: Mapping[str, Quality], names: Sequence[str]) -> None:
    """Draw F1 and average precision of each class as lying bars, a panel a level, as PNG.

    Beside each bar stands its figure, or a dash where the class has no example; dotted lines are the means
    over classes. How many examples a class has stands behind its name, level by level.

    Parameters
    ----------
    levels
        Title of a panel -> quality there.
    names
        (C,) names of the classes, the first on top.
    """
    width = 3 + 3.6 * len(levels)
    figure = Figure(figsize=(width, 1.6 + 0.4 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(levels), sharey=True, squeeze=False)[0]
    for axes, (title, quality) in zip(panels, levels.items(), strict=True):
        drawn = {"F1": quality.outcomes.f1, "average precision": quality.average_precision}
        for number, (figure_name, values) in enumerate(drawn.items()):
            _draw_bars(axes, values, (number - 0.5) * _HEIGHT, figure_name)
        axes.set(xlim=(0, 1.12), xticks=np.linspace(0, 1, 6))
        axes.set_title(title, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    counts = zip(*(quality.outcomes.true.tolist() for quality in levels.values()), strict=True)
    labels = [
        f"{shorten(name, _LONGEST_NAME)} ({', '.join(map(str, each))})"
        for name, each in zip(names, counts, strict=True)
    ]
    panels[0].set_yticks(range(len(names)), labels, fontsize=8)
    panels[0].set_ylim(len(names) - 0.4, -0.6)
    panels[0].set_ylabel("class (how many have it, panel by panel)", fontsize=8)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    write_figure(path, figure)


def _draw_bars(axes: Axes, values: NDArray[np.floating], shift: float, name: str) -> None:
    colour = _COLOURS[name]
    places = np.arange(len(values)) + shift
    axes.barh(places, np.nan_to_num(values), _HEIGHT, color=colour, label=name)
    axes.axvline(mean_defined(values), color=colour, linestyle=":", linewidth=1, label=f"mean {name}")
    for place, value in zip(places.tolist(), values.tolist(), strict=True):
        axes.annotate(
            "-" if np.isnan(value) else f"{value:.2f}",
            (0 if np.isnan(value) else value, place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )
