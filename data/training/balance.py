"""How often each training cell comes in an epoch: rare classes repeated, synthetic negatives added."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.label_set import LabelSet
from data.training.training_set import DataSettings

MAX_PROTEIN_GAIN = 0.1
"""A synthetic negative keeps at most this fraction of the protein's brightness."""

_BLOCK_CELLS = 8192


@dataclass(frozen=True)
class TrainingItems:
    """The items of an epoch: training cells, some of them more than once or as synthetic negatives.

    Attributes
    ----------
    cells
        (m,) which training cell an item is, 0..n-1; the first n items are the n cells in order.
    protein_gain
        (m,) float32: factor of the item's protein channel, green; 1, or 0..0.1 for a synthetic negative.
    targets
        (m, classes) float32: the cell's own, or the negative class alone for a synthetic negative.
    """

    cells: NDArray[np.intp]
    protein_gain: NDArray[np.float32]
    targets: NDArray[np.float32]


def balance_items(
    targets: NDArray[np.bool_ | np.float32], settings: DataSettings, label_set: LabelSet, seed: int
) -> TrainingItems:
    """Repeat the cells of rare classes and add synthetic negatives, by the settings; tiles are not copied.

    Oversampling (Zhang et al. 2021): a class with fewer cells than the median class has its cells repeated,
    up to the median but at most ``max_oversampling`` times; of a cell's classes the one repeated most counts,
    and a fractional number of times is rounded at random. Then (Madeira and Parreira 2019) a class that still
    has fewer than ``min_cells_per_class`` cells has its cells repeated in turn until it has that many.
    Synthetic negatives (Elnashar and Abd El Azim 2022) are cells that are not negative, darkened in green.

    Parameters
    ----------
    targets
        (n, classes), above 0, or True, where a cell has the class; a cell counts for each of its classes.
    settings
        How much is repeated and made.
    label_set
        The classes.
    seed
        Random seed of what is repeated and of the gains.

    Raises
    ------
    InputError
        Negatives are asked for, but the label set has no negative class.
    """
    random = np.random.default_rng((seed, 5))
    shown = np.asarray(targets if targets.dtype == bool else targets > 0, bool)
    cells, synthetic = _choose_items(shown, settings, label_set, random)
    items = np.concatenate([cells, synthetic])
    protein_gain = np.ones(len(items), np.float32)
    protein_gain[len(cells) :] = random.uniform(0, MAX_PROTEIN_GAIN, len(synthetic))
    item_targets = targets[items].astype(np.float32, copy=False)
    item_targets[len(cells) :] = 0
    if label_set.negative is not None:
        item_targets[len(cells) :, label_set.negative] = 1
    return TrainingItems(items, protein_gain, item_targets)


def count_items(
    shown: NDArray[np.bool_], settings: DataSettings, label_set: LabelSet, seed: int
) -> NDArray[np.intp]:
    """Count the items of each class that `balance_items` makes, (classes,).

    Parameters
    ----------
    shown
        (n, classes) whether a cell has the class.
    settings, label_set, seed
        As of `balance_items`.

    Raises
    ------
    InputError
        As of `balance_items`.
    """
    cells, synthetic = _choose_items(shown, settings, label_set, np.random.default_rng((seed, 5)))
    counts = _count_shown(shown, cells)
    if label_set.negative is not None:
        counts[label_set.negative] += len(synthetic)
    return counts


def weigh_evenly(targets: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weigh items so that those drawn by their weights show every class equally often.

    An item of several classes has the weight of its rarest one.

    Parameters
    ----------
    targets
        (n, classes) in 0..1.

    Returns
    -------
    NDArray (n,) float64
        Not scaled to a sum.
    """
    counts = np.maximum(targets.sum(axis=0), 1)
    return (targets / counts).max(axis=1).astype(np.float64)


def _choose_items(
    shown: NDArray[np.bool_], settings: DataSettings, label_set: LabelSet, random: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Choose the cells of the items, and those of which synthetic negatives are made."""
    cells = np.arange(len(shown))
    cells = np.concatenate([cells, _oversample(shown, settings.max_oversampling, random)])
    cells = np.concatenate([cells, _fill_up(shown, cells, settings.min_cells_per_class, random)])
    return cells, _choose_negatives(shown, settings.synthetic_negative_fraction, label_set, random)


def _count_shown(shown: NDArray[np.bool_], cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """Count the classes of some cells, (classes,); a cell counts as often as it is there."""
    counts = np.zeros(shown.shape[1], np.intp)
    for start in range(0, len(cells), _BLOCK_CELLS):
        counts += shown[cells[start : start + _BLOCK_CELLS]].sum(axis=0)
    return counts


def _oversample(shown: NDArray[np.bool_], max_times: float, random: np.random.Generator) -> NDArray[np.intp]:
    """Choose the repetitions of the cells of classes that are rarer than the median class."""
    counts = shown.sum(axis=0)
    if max_times == 1 or not counts.any():
        return np.empty(0, np.intp)
    factors = np.clip(np.median(counts[counts > 0]) / np.maximum(counts, 1), 1, max_times)
    times = np.ones(len(shown))
    for start in range(0, len(shown), _BLOCK_CELLS):
        rows = slice(start, start + _BLOCK_CELLS)
        times[rows] = np.where(shown[rows], factors, 1).max(axis=1)
    whole = np.floor(times + random.random(len(times))).astype(np.intp)
    return np.repeat(np.arange(len(shown)), whole - 1)


def _fill_up(
    shown: NDArray[np.bool_], cells: NDArray[np.intp], min_cells: int, random: np.random.Generator
) -> NDArray[np.intp]:
    """Choose the repetitions with which every class that has cells gets at least so many, rare ones first."""
    counts = _count_shown(shown, cells)
    added = [np.empty(0, np.intp)]
    for label in np.argsort(counts, kind="stable"):
        cells_of_class = np.flatnonzero(shown[:, label])
        missing = min_cells - counts[label]
        if len(cells_of_class) and missing > 0:
            more = np.resize(random.permutation(cells_of_class), missing)
            counts += shown[more].sum(axis=0)
            added.append(more)
    return np.concatenate(added)


def _choose_negatives(
    shown: NDArray[np.bool_], fraction: float, label_set: LabelSet, random: np.random.Generator
) -> NDArray[np.intp]:
    """Choose the cells of which synthetic negatives are made, each once before any comes twice."""
    if not fraction:
        return np.empty(0, np.intp)
    if label_set.negative is None:
        raise InputError(
            found="no negative class",
            where=label_set,
            expected="one for data.synthetic_negative_fraction, which makes negative cells",
            advice="name it in the label set (negative = ...), or set data.synthetic_negative_fraction = 0",
        )
    others = np.flatnonzero(~shown[:, label_set.negative])
    count = round(fraction * len(shown)) if len(others) else 0
    return np.resize(random.permutation(others), count)
