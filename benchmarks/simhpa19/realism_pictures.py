"""Curves of simulated and real fields: histograms and power spectra of each channel."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.simhpa19.image_statistics.field_statistics import FieldFigures
from benchmarks.simhpa19.image_statistics.power_spectrum import FREQUENCIES
from data.channels import CHANNELS
from data.plots.figure_file import write_figure

SIMULATED_COLOUR = "tab:orange"
COLOURS = {"fields": "black", "tinted": "tab:blue", "cm4ai": "tab:grey"}
"""Real fields by folder."""

_CURVES = {
    "within cells: share of pixels at least as bright": "grey value",
    "power density, relative": "cycles / um",
}


def draw_realism(
    path: Path, simulated: dict[str, FieldFigures], real: dict[str, dict[str, FieldFigures]]
) -> None:
    """Draw, as PNG, each channel's grey values and power spectrum.

    A line is a real field; the simulated ones are their median and the band of their 5-95 %.
    """
    figure = Figure(figsize=(16, 7), layout="constrained")
    axes = figure.subplots(2, len(CHANNELS))
    for row, (title, label) in enumerate(_CURVES.items()):
        for channel, name in enumerate(CHANNELS):
            one: Axes = axes[row, channel]
            x = np.arange(256.0) if row == 0 else np.sqrt(FREQUENCIES[1:] * FREQUENCIES[:-1])
            curve = _survival if row == 0 else _density
            _draw_simulated(one, x, np.stack([curve(field, channel) for field in simulated.values()]))
            for folder, measured in real.items():
                for number, field in enumerate(measured.values()):
                    named = f"real: {folder}" if number == 0 else None
                    colour = COLOURS.get(folder, "tab:green")
                    one.plot(x, curve(field, channel), color=colour, linewidth=0.8, label=named)
            one.set(title=f"{name}: {title}" if channel == 0 else name, xlabel=label, yscale="log")
            one.spines[["top", "right"]].set_visible(False)
            if row == 0:
                one.set_ylim(1e-5, 1.1)
            else:
                one.set_xscale("log")
    axes[0, 0].legend(frameon=False)
    write_figure(path, figure)


def _draw_simulated(axes: Axes, x: NDArray[np.floating], curves: NDArray[np.float64]) -> None:
    low, middle, high = np.quantile(curves, [0.05, 0.5, 0.95], axis=0)
    axes.fill_between(x, np.maximum(low, 1e-9), high, color=SIMULATED_COLOUR, alpha=0.25, linewidth=0)
    axes.plot(x, middle, color=SIMULATED_COLOUR, linewidth=2, label="simulated")


def _survival(field: FieldFigures, channel: int) -> NDArray[np.float64]:
    return np.cumsum(field.histograms[channel][::-1])[::-1]


def _density(field: FieldFigures, channel: int) -> NDArray[np.float64]:
    return field.spectra[channel] / np.diff(FREQUENCIES**2)
