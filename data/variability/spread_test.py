"""Whether the cells of an image differ more in a class than the cells of comparable images do.

The spread of a class in an image is the mean absolute deviation of its cells' log odds, which a single cell
far off does not make large. It is not zero where all cells are alike: a classifier is not sure, a cell is
cut, dark or out of focus. What chance gives is therefore taken from the bulk of comparable images, those in
which the class is about as probable (Efron's "empirical null", JASA 2004): the logarithms of their spreads
have a median, and a scale that is read off below the median, where images whose cells do differ are not.

In an image of two kinds of cells no one level says which images are comparable. So it is compared twice, with
images of the same lower quartile and with those of the same upper quartile, and the larger p-value counts:
its cells differ more than where all are like its lower ones, and more than where all are like its upper ones.
A class whose probability is middling in all cells alike passes neither.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from data.variability.cell_groups import CellGroups

MIN_CELLS = 5
"""Images of fewer cells are not tested."""

MIN_IMAGES = 20
"""Where fewer images are comparable, the image itself included, there is no test."""

_MOST_ON_A_SIDE = 100
"""Images with the next lower levels, and with the next higher ones, that an image is compared with."""

_MOST_APART = 1.5
"""How far, in log odds, levels of comparable images may lie apart."""

_LOWEST = 1e-6
"""Probabilities count as at least this, and as at most one minus it; float32 holds little more."""

_SMALLEST_SPREAD = 1e-3
"""Spreads in log odds below it, as where a field's cells all have the same numbers, count as this much."""

_BETWEEN_IMAGES = 0.02
"""Variance of the logarithm of the spread that images have beside that of the choice of their cells; it only
says how images with few cells are weighed against those with many."""

_SCALE_PART = 0.1587
"""Part of a normal distribution below its mean less one standard deviation."""

_IMAGES_A_DEGREE = 4
"""Images that are worth a degree of freedom, since the scale is that of a quantile of few."""

_MOST_FREEDOM = 20
"""Degrees of freedom at most: the logarithms of spreads have a longer upper tail than a normal distribution
where single cells lie far off."""

_IMAGES_AT_A_TIME = 4_096


def find_log_odds(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the log odds of probabilities, which are bounded by 13.8."""
    bounded = np.clip(probabilities.astype(np.float64), _LOWEST, 1 - _LOWEST)
    return np.log(bounded) - np.log1p(-bounded)


@dataclass(frozen=True)
class Spreads:
    """How far the cells of each of m images lie apart in a class.

    Attributes
    ----------
    deviations
        (m,) mean absolute deviations of the log odds.
    lower, upper
        (m,) lower and upper quartiles of the log odds.
    """

    deviations: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def measure_spreads(probabilities: NDArray[np.floating], groups: CellGroups) -> Spreads:
    """Measure how far the cells of each image lie apart in a class.

    Parameters
    ----------
    probabilities
        (n,) of one class, in the order of the groups.
    groups
        The images of these cells.
    """
    log_odds = find_log_odds(probabilities)
    # Of two kinds of cells a level between both would be that of neither.
    return Spreads(
        _measure_spread(log_odds, groups),
        groups.find_quantiles(log_odds, 0.25, "lower"),
        groups.find_quantiles(log_odds, 0.75, "higher"),
    )


def test_spread(sizes: NDArray[np.integer], spreads: Spreads) -> NDArray[np.float64]:
    """Test for each image whether its cells differ more in a class than chance gives.

    Parameters
    ----------
    sizes
        (m,) cells of each image.
    spreads
        Of these images.

    Returns
    -------
    ndarray (m,)
        p-values; NaN for an image with fewer than `MIN_CELLS` cells, or fewer than `MIN_IMAGES` comparable
        ones.
    """
    p_values = np.full(len(sizes), np.nan)
    tested = np.flatnonzero(sizes >= MIN_CELLS)
    if len(tested) < MIN_IMAGES:
        return p_values
    freedom = sizes[tested] - 1.0
    logarithms = np.log(np.maximum(spreads.deviations[tested], _SMALLEST_SPREAD))
    # The logarithm of what varies by chance is too low on average by half of its variance.
    logarithms += 0.25 / freedom
    weights = np.sqrt(0.5 / freedom + _BETWEEN_IMAGES)
    levels = spreads.lower[tested], spreads.upper[tested]
    p_values[tested] = np.maximum(*(compare(logarithms, weights, level) for level in levels))
    return p_values


def _measure_spread(log_odds: NDArray[np.float64], groups: CellGroups) -> NDArray[np.float64]:
    """Return the mean absolute deviation from the mean, (m,), without the bias of few cells."""
    deviations = groups.mean(np.abs(log_odds - groups.spread(groups.mean(log_odds))))
    return deviations * np.sqrt(groups.sizes / np.maximum(groups.sizes - 1, 1))


def compare(
    spreads: NDArray[np.float64], weights: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compare each image with those of about the same level.

    Parameters
    ----------
    spreads
        (m,) logarithms of the spreads.
    weights
        (m,) relative standard deviations that chance gives these.
    levels
        (m,) by which images are comparable.

    Returns
    -------
    ndarray (m,)
        p-values; NaN where fewer than `MIN_IMAGES` are comparable.
    """
    order = np.argsort(levels, kind="stable")
    found = np.full(len(levels), np.nan)
    for start in range(0, len(order), _IMAGES_AT_A_TIME):
        part = slice(start, start + _IMAGES_AT_A_TIME)
        found[order[part]] = _compare_sorted(spreads[order], weights[order], levels[order], part)
    return found


def _compare_sorted(
    spreads: NDArray[np.float64], weights: NDArray[np.float64], levels: NDArray[np.float64], part: slice
) -> NDArray[np.float64]:
    images = np.arange(len(levels))[part]
    places = images[:, None] + np.arange(-_MOST_ON_A_SIDE, _MOST_ON_A_SIDE + 1)
    inside = (places >= 0) & (places < len(levels))
    places = places.clip(0, len(levels) - 1)
    near = inside & (np.abs(levels[places] - levels[images, None]) <= _MOST_APART)
    count = near.sum(axis=1)
    p_values = np.full(len(images), np.nan)
    enough = count >= MIN_IMAGES
    images, places, near, count = images[enough], places[enough], near[enough], count[enough]
    middle = _find_quantiles(spreads[places], near, 0.5)
    ratios = (spreads[places] - middle[:, None]) / weights[places]
    scale = np.maximum(-_find_quantiles(ratios, near, _SCALE_PART), 1e-9)
    ratio = (spreads[images] - middle) / weights[images] / scale
    p_values[enough] = special.stdtr(np.minimum(count / _IMAGES_A_DEGREE, _MOST_FREEDOM), -ratio)
    return p_values


def _find_quantiles(
    values: NDArray[np.float64], there: NDArray[np.bool_], part: float
) -> NDArray[np.float64]:
    """Return a quantile of the values of each row that are there, as NumPy's "linear"."""
    ordered = np.sort(np.where(there, values, np.inf), axis=1)
    place = (there.sum(axis=1) - 1) * part
    low, rows = np.floor(place).astype(np.int64), np.arange(len(values))
    below, above = ordered[rows, low], ordered[rows, np.ceil(place).astype(np.int64)]
    return np.asarray(below + (above - below) * (place - low))
