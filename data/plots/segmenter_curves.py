"""The picture of a segmenter's training."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from data.plots.figure_file import write_figure


def draw_segmenter_curves(path: Path, table: pd.DataFrame) -> None:
    """Draw the loss and the scores on held-out fields over the steps, as PNG.

    Parameters
    ----------
    path
        The file to write.
    table
        One row per validation, with the columns of ``metrics.csv``.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    loss, quality = figure.subplots(1, 2)
    loss.plot(table["step"], table["train_loss"], marker=".")
    loss.set(title="training loss", xlabel="step")
    if table["val_f1"].notna().any():
        for column, label in (("val_f1", "F1 at IoU 0.6"), ("val_mean_iou", "mean IoU of these cells")):
            quality.plot(table["step"], table[column], marker=".", label=label)
        quality.set(title="held-out fields", xlabel="step", ylim=(0, 1))
        quality.legend(frameon=False)
    else:
        quality.text(0.5, 0.5, "no field was held out", ha="center", transform=quality.transAxes)
        quality.set(xticks=[], yticks=[])
    for axes in (loss, quality):
        axes.spines[["top", "right"]].set_visible(False)
    write_figure(path, figure)
