"""The range test's curve, as a table and a picture."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from data.atomic import atomic_write
from data.plots.figure_file import write_figure
from models.training.lr_range_test.range_test import RateCurve


def write_rate_curve(path: Path, curve: RateCurve) -> None:
    """Write a CSV file with the columns ``rate``, ``loss`` and ``smoothed_loss``, a row a step."""
    table = pd.DataFrame({"rate": curve.rates, "loss": curve.losses, "smoothed_loss": curve.smoothed})
    with atomic_write(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def draw_rate_curve(path: Path, curve: RateCurve) -> None:
    """Draw the loss over the learning rate with both suggestions, as PNG."""
    figure = Figure(figsize=(5, 3.6), layout="constrained")
    axes = figure.subplots()
    finite = np.isfinite(curve.losses)
    axes.plot(curve.rates[finite], curve.losses[finite], ".", color="lightgrey", label="of a batch")
    axes.plot(curve.rates, curve.smoothed, label="smoothed")
    for name, rate, colour in (
        ("steepest", curve.steepest, "tab:green"),
        ("highest", curve.highest, "tab:red"),
    ):
        if math.isfinite(rate):
            axes.axvline(rate, color=colour, linestyle=":", label=f"{name}: {rate:.2g}")
    lowest, highest = curve.smoothed.min(), curve.smoothed.max()
    margin = 0.05 * (highest - lowest) or 1
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", ylim=(lowest - margin, highest + margin))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    write_figure(path, figure)
