"""What training did, epoch by epoch: ``metrics.csv`` and its curves."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from data.atomic import atomic_write
from data.figures import write_figure


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """One row of ``metrics.csv``; validation figures are NaN (empty in the file) without validation.

    Attributes
    ----------
    epoch
        Number, from 1; those of later phases numbered on.
    phase
        Number of the phase, from 1, which is the main training.
    lr
        Learning rate of the head in the last step.
    train_loss, val_loss
        Mean over tiles; the training loss is that of the changed tiles, as the weights went.
    val_accuracy, val_macro_f1, val_map
        See ``models.training.metrics``.
    seconds
        Time of the epoch with its validation.
    tiles_per_second
        Training tiles by the time without validation.
    wait_seconds
        Time spent waiting for batches.
    """

    epoch: int
    phase: int = 1
    lr: float
    train_loss: float
    val_loss: float
    val_accuracy: float
    val_macro_f1: float
    val_map: float
    seconds: float
    tiles_per_second: float
    wait_seconds: float


def write_history(path: Path, epochs: Sequence[Epoch]) -> None:
    """Write ``metrics.csv``, a row an epoch."""
    table = pd.DataFrame([asdict(epoch) for epoch in epochs], columns=[field.name for field in fields(Epoch)])
    with atomic_write(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def draw_curves(path: Path, epochs: Sequence[Epoch], best_epoch: int) -> None:
    """Draw losses, validation figures and learning rate over the epochs, as PNG."""
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    loss, quality, rate = figure.subplots(1, 3)
    _draw(loss, epochs, {"train_loss": "training", "val_loss": "validation"}, "loss")
    labels = {"val_map": "mean AP", "val_macro_f1": "macro F1", "val_accuracy": "accuracy"}
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
    for axes in (loss, quality, rate):
        _mark_phases(axes, epochs)
    write_figure(path, figure)


def _draw(axes: Axes, epochs: Sequence[Epoch], labels: dict[str, str], title: str) -> None:
    numbers = [epoch.epoch for epoch in epochs]
    for name, label in labels.items():
        values = [getattr(epoch, name) for epoch in epochs]
        if any(math.isfinite(value) for value in values):
            axes.plot(numbers, values, marker=".", label=label)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def _mark_phases(axes: Axes, epochs: Sequence[Epoch]) -> None:
    """Draw a line where each later phase begins."""
    for before, epoch in pairwise(epochs):
        if epoch.phase == before.phase or not axes.lines:
            continue
        place = (before.epoch + epoch.epoch) / 2
        axes.axvline(place, color="lightgrey", linewidth=1, zorder=0)
        axes.annotate(
            f"phase {epoch.phase}",
            (place, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(2, -2),
            textcoords="offset points",
            va="top",
            rotation=90,
            fontsize=8,
            color="grey",
        )
