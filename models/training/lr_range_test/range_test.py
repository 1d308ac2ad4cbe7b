"""The range test: train with ever higher learning rates, and see at which the loss falls best."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from data.training.rate_curve import RateCurve
from models.training.gradients import DivergedError
from models.training.lr_range_test.settings import RateFinderSettings


def find_rate(step: Callable[[float], float], count: int, settings: RateFinderSettings) -> RateCurve:
    """Take steps at exponentially rising learning rates until the last, or until the loss has exploded.

    Parameters
    ----------
    step
        Takes one training step at a learning rate and gives the batch's loss from before it. A loss that is
        no number, or `DivergedError`, ends the test.
    count
        Steps at most, at least 2.
    settings
        Range, smoothing and end.

    References
    ----------
    Smith, Cyclical learning rates, WACV 2017, section 3.3. Steepest: Jain and Joshi (2021), who took it from
    fastai. Highest: Zhang et al. (2021), "Training-time optimization".
    """
    rates = np.geomspace(settings.start, settings.end, count)
    losses: list[float] = []
    least, average = math.inf, 0.0
    for rate in rates:
        try:
            losses.append(float(step(float(rate))))
        except DivergedError:
            losses.append(math.inf)
        if not math.isfinite(losses[-1]):
            break
        average = settings.smoothing * average + (1 - settings.smoothing) * losses[-1]
        smoothed = average / (1 - settings.smoothing ** len(losses))
        least = min(least, smoothed)
        if smoothed > settings.stop * least:
            break
    return _analyse(rates[: len(losses)], losses, settings)


def _analyse(rates: NDArray[np.float64], losses: Sequence[float], settings: RateFinderSettings) -> RateCurve:
    values = np.array(losses)
    finite = values[np.isfinite(values)]
    # The explosion at the end must not reach back into the steps before it.
    ceiling = settings.stop * float(np.median(finite)) if len(finite) else 0.0
    smoothed = _smooth(
        np.nan_to_num(values, nan=ceiling, posinf=ceiling).clip(max=ceiling), settings.smoothing
    )
    bottom = int(smoothed.argmin())
    if bottom == 0:
        return RateCurve(rates, values, smoothed, math.nan, math.nan)
    slopes = np.gradient(smoothed[: bottom + 1], np.log(rates[: bottom + 1]))
    return RateCurve(rates, values, smoothed, float(rates[slopes.argmin()]), float(rates[bottom]))


def _smooth(values: NDArray[np.float64], smoothing: float) -> NDArray[np.float64]:
    """Average each value with all others, which count ``smoothing`` to the power of their distance."""
    steps = np.arange(len(values))
    counts = smoothing ** np.abs(steps[:, None] - steps).astype(float)
    return counts @ values / counts.sum(axis=1)
