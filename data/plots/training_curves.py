"""Pictures of trainings, epoch by epoch: of one, and of several together."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from data.plots.figure_file import shorten, write_figure
from data.training.history import Epoch

_PANELS = {
    "train_loss": "training loss",
    "val_loss": "loss, validation images",
    "val_accuracy": "accuracy",
    "val_macro_f1": "macro F1",
    "val_map": "mean AP",
    "val_auc": "ROC AUC",
}
"""What is drawn of each of several trainings, a panel each; the last four are parts of 1."""

_LOSSES = ("train_loss", "val_loss")
_LONGEST_NAME = 40


def draw_curves(path: Path, epochs: Sequence[Epoch], best_epoch: int) -> None:
    """Draw losses, validation figures and learning rate over the epochs, as PNG."""
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    loss, quality, rate = figure.subplots(1, 3)
    _draw(loss, epochs, {"train_loss": "training", "val_loss": "validation"}, "loss")
    labels = {
        "val_map": "mean AP",
        "val_macro_f1": "macro F1",
        "val_accuracy": "accuracy",
        "val_auc": "ROC AUC",
    }
    _draw(quality, epochs, labels, "validation images")
    if any(math.isfinite(epoch.val_map) for epoch in epochs):
        quality.set_ylim(0, 1)
        for axes in (loss, quality):
            axes.axvline(
                best_epoch, color="grey", linestyle=":", linewidth=1, label=f"best: epoch {best_epoch}"
            )
        quality.legend(frameon=False)
    else:
        quality.text(0.5, 0.5, "no validation images", ha="center", transform=quality.transAxes)
        quality.set(xticks=[], yticks=[])
    loss.legend(frameon=False)
    _draw(rate, epochs, {"lr": "learning rate"}, "learning rate")
    write_figure(path, figure)


def draw_together(path: Path, trainings: Mapping[str, Sequence[Epoch]]) -> None:
    """Draw losses and validation figures of several trainings over the epochs, as PNG.

    A panel a figure, one line per training; what no training measured is left empty and says so.

    Parameters
    ----------
    trainings
        Name -> epochs, in the order of the legend.
    """
    figure = Figure(figsize=(12, 7), layout="constrained")
    panels = figure.subplots(2, 3).ravel()
    colours = _choose_colours(len(trainings))
    for axes, (name, title) in zip(panels, _PANELS.items(), strict=True):
        for epochs, style in zip(trainings.values(), colours, strict=True):
            _draw_line(axes, epochs, name, **style)
        _finish(axes, title)
        if not axes.lines:
            axes.text(0.5, 0.5, "not measured", ha="center", transform=axes.transAxes)
            axes.set(xticks=[], yticks=[], xlabel="")
        elif name not in _LOSSES:
            axes.set_ylim(0, 1.02)
    starts = {tuple(_phase_starts(epochs)) for epochs in trainings.values()}
    if len(starts) == 1:
        for axes in panels:
            _mark_phases(axes, next(iter(starts)))
    lines = [Line2D([], [], marker=".", **style) for style in colours]
    names = [shorten(name, _LONGEST_NAME) for name in trainings]
    figure.legend(lines, names, loc="outside lower center", ncols=4, frameon=False)
    write_figure(path, figure)


def _draw(axes: Axes, epochs: Sequence[Epoch], labels: dict[str, str], title: str) -> None:
    for name, label in labels.items():
        _draw_line(axes, epochs, name, label=label)
    _finish(axes, title)
    _mark_phases(axes, _phase_starts(epochs))


def _draw_line(axes: Axes, epochs: Sequence[Epoch], name: str, **style: Any) -> None:
    values = [getattr(epoch, name) for epoch in epochs]
    if any(math.isfinite(value) for value in values):
        axes.plot([epoch.epoch for epoch in epochs], values, marker=".", **style)


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def _choose_colours(count: int) -> list[dict[str, Any]]:
    """Choose colours, and with more trainings than there are colours kinds of line, too."""
    kinds = ("-", "--", ":", "-.")
    return [
        {"color": f"C{number % 10}", "linestyle": kinds[number // 10 % len(kinds)]} for number in range(count)
    ]


def _phase_starts(epochs: Sequence[Epoch]) -> list[tuple[float, int]]:
    """List where each later phase begins, between two epochs, and its number."""
    return [
        ((before.epoch + epoch.epoch) / 2, epoch.phase)
        for before, epoch in pairwise(epochs)
        if epoch.phase != before.phase
    ]


def _mark_phases(axes: Axes, starts: Sequence[tuple[float, int]]) -> None:
    """Draw a line where each later phase begins."""
    for place, phase in starts if axes.lines else ():
        axes.axvline(place, color="lightgrey", linewidth=1, zorder=0)
        axes.annotate(
            f"phase {phase}",
            (place, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(2, -2),
            textcoords="offset points",
            va="top",
            rotation=90,
            fontsize=8,
            color="grey",
        )
