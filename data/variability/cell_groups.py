"""Cells that are sorted by their group, such as their image, and what is known of each group."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


class CellGroups:
    """Groups of cells: images or proteins.

    Parameters
    ----------
    numbers
        (n,) group of each cell, 0..count - 1; -1 for a cell of none.
    count
        Groups, of which some may have no cell.

    Attributes
    ----------
    order
        (k,) the cells that have a group, sorted by group; arrays that are given to the methods are in this
        order.
    sizes
        (count,) cells of each group.
    """

    def __init__(self, numbers: NDArray[np.integer], count: int) -> None:
        order = np.argsort(numbers, kind="stable")
        self.order = order[np.searchsorted(numbers[order], 0) :]
        self._groups = numbers[self.order]
        self.sizes = np.bincount(self._groups, minlength=count)
        self._starts = np.cumsum(self.sizes) - self.sizes

    def spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return for each cell the value of its group, (k,)."""
        return values[self._groups]

    def sum(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return the sum over the cells of each group, (count,) float64; 0 where there is none."""
        sums = np.bincount(self._groups, weights=values, minlength=len(self.sizes))
        return sums.astype(np.float64, copy=False)

    def mean(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return the mean over the cells of each group, (count,) float64; NaN where there is none."""
        with np.errstate(invalid="ignore"):
            return self.sum(values) / self.sizes

    def maximum(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the highest value of each group, (count,) float64; NaN where there is none."""
        found = np.full(len(self.sizes), np.nan)
        there = self.sizes > 0
        if there.any():
            found[there] = np.maximum.reduceat(values, self._starts[there])
        return found

    def deviation(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the standard deviation of each group, (count,) float64, by n - 1; NaN below two cells."""
        residuals = values - self.spread(self.mean(values))
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = self.sum(residuals**2) / (self.sizes - 1)
        return np.sqrt(np.where(self.sizes > 1, variance, np.nan))

    def find_quantiles(
        self,
        values: NDArray[np.floating],
        part: float,
        method: Literal["linear", "lower", "higher"] = "linear",
    ) -> NDArray[np.float64]:
        """Return a quantile of each group, (count,) float64, by NumPy's methods; NaN where there is none."""
        ordered = values[np.lexsort((values, self._groups))]
        found = np.full(len(self.sizes), np.nan)
        there = self.sizes > 0
        place = (self.sizes[there] - 1) * part
        low, high = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
        share = {"linear": place - low, "lower": 0.0, "higher": 1.0}[method]
        first = self._starts[there]
        below, above = (ordered[first + step].astype(np.float64) for step in (low, high))
        found[there] = below + (above - below) * share
        return found
