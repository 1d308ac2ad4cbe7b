"""The curve of a learning-rate range test."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.tables.csv_file import write_csv


@dataclass(frozen=True)
class RateCurve:
    """The losses at the learning rates that were tried.

    Attributes
    ----------
    rates
        (n,) float64, rising.
    losses
        (n,) float64, of the step at each rate, before it was taken; the last may be infinite or NaN.
    smoothed
        (n,) float64, finite: averages over the steps before and after alike, so that they do not lag.
    steepest
        Learning rate at which the smoothed loss falls most steeply along the logarithm of the rate; NaN if it
        does not fall anywhere.
    highest
        The highest learning rate at which the smoothed loss still falls: that of its minimum; NaN as above.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    steepest: float
    highest: float


def write_rate_curve(path: Path, curve: RateCurve) -> None:
    """Write a CSV file with the columns ``rate``, ``loss`` and ``smoothed_loss``, one row per step."""
    table = pd.DataFrame({"rate": curve.rates, "loss": curve.losses, "smoothed_loss": curve.smoothed})
    write_csv(path, table, float_format="%.6g")
