"""The picture of a learning-rate range test."""

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from data.plots.figure_file import write_figure
from data.training.rate_curve import RateCurve


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
