"""What the cells of each image, or of each protein, say of one class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.variability.cell_groups import CellGroups


@dataclass(frozen=True)
class ClassSummary:
    """One class in each of m groups of cells; NaN where a group has no cell.

    Attributes
    ----------
    union, mean, median
        (m,) float32, the highest probability, their mean and their median.
    sd
        (m,) float32, standard deviation of the probabilities, by n - 1; NaN below two cells.
    called
        (m,) int32, cells in which the class is called.
    mixing
        (m,) float32, how far the cells divide into those that have the class and those that lack it: the
        variance of the probabilities (by n) as a part of the most that their mean q allows, q * (1 - q). 0:
        all cells have the same probability, whichever it is; 1: each cell has 0 or 1, and there are both.
    possible
        (m,) float32, that most.
    """

    union: NDArray[np.float32]
    mean: NDArray[np.float32]
    median: NDArray[np.float32]
    sd: NDArray[np.float32]
    called: NDArray[np.int32]
    mixing: NDArray[np.float32]
    possible: NDArray[np.float32]


def summarise_class(
    probabilities: NDArray[np.floating], called: NDArray[np.bool_], groups: CellGroups
) -> ClassSummary:
    """Summarise the probabilities of one class, and whether it is called: both (n,), in the groups' order."""
    mean, sd = groups.mean(probabilities), groups.deviation(probabilities)
    possible = mean * (1 - mean)
    # One cell does not differ from itself; it says nothing of others.
    variance = sd**2 * (groups.sizes - 1) / np.maximum(groups.sizes, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mixing = np.where(possible > 0, variance / possible, np.where(np.isnan(sd), np.nan, 0))
    return ClassSummary(
        union=groups.maximum(probabilities).astype(np.float32),
        mean=mean.astype(np.float32),
        median=groups.find_quantiles(probabilities, 0.5).astype(np.float32),
        sd=sd.astype(np.float32),
        called=groups.sum(called).astype(np.int32),
        mixing=np.clip(mixing, 0, 1).astype(np.float32),
        possible=possible.astype(np.float32),
    )


def join_mixing(summaries: list[ClassSummary]) -> NDArray[np.float32]:
    """Return how far the cells of each group differ over all classes, (m,), 0..1.

    It is the variance of the probabilities, summed over the classes, as a part of the most that their means
    allow; NaN below two cells.
    """
    possible = np.sum([each.possible for each in summaries], axis=0)
    variance = np.sum([each.mixing * each.possible for each in summaries], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        joined = np.where(possible > 0, variance / possible, variance)
    return joined.astype(np.float32)
