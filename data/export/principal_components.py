"""Principal components of a table that does not fit into memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Components:
    """Principal components.

    Attributes
    ----------
    mean
        (D,) what is taken from each row first.
    loadings
        (D, K), a component per column, the one with the largest variance first; the largest number of each is
        positive, so that equal tables have equal components.
    variance, variance_ratio
        (K,) variance along each, and its part of the whole.
    """

    mean: NDArray[np.float64]
    loadings: NDArray[np.float64]
    variance: NDArray[np.float64]
    variance_ratio: NDArray[np.float64]

    def project(self, rows: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the coordinates of rows (n, D): (n, K) float32, NaN where one of a row is not finite."""
        finite = np.isfinite(rows).all(axis=1)
        projected = np.full((len(rows), self.loadings.shape[1]), np.nan, np.float32)
        projected[finite] = (rows[finite] - self.mean) @ self.loadings
        return projected


class Covariance:
    """The covariance of rows that come some at a time.

    Parameters
    ----------
    width
        Numbers in a row, D.

    Attributes
    ----------
    count
        Rows added so far; those with a number that is not finite are left out.
    """

    def __init__(self, width: int) -> None:
        self.count = 0
        # Near the mean, so that nothing cancels out where that is large.
        self._origin: NDArray[np.float64] | None = None
        self._sum = np.zeros(width)
        self._products = np.zeros((width, width))

    def add(self, rows: NDArray[np.floating]) -> None:
        """Add some rows (n, D)."""
        finite = rows[np.isfinite(rows).all(axis=1)].astype(np.float64)
        if not len(finite):
            return
        origin = finite.mean(axis=0) if self._origin is None else self._origin
        self._origin = origin
        shifted = finite - origin
        self._sum += shifted.sum(axis=0)
        self._products += shifted.T @ shifted
        self.count += len(finite)

    def find_components(self, most: int) -> Components | None:
        """Return at most so many principal components; None before two rows were added."""
        if self._origin is None or self.count < 2:
            return None
        mean = self._sum / self.count
        covariance = (self._products - self.count * np.outer(mean, mean)) / (self.count - 1)
        values, vectors = np.linalg.eigh(covariance)
        values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
        loadings = vectors[:, :most]
        largest = np.abs(loadings).argmax(axis=0)
        loadings = loadings * np.where(loadings[largest, np.arange(loadings.shape[1])] < 0, -1, 1)
        whole = float(values.sum())
        variance = values[:most]
        ratio = variance / whole if whole > 0 else np.zeros_like(variance)
        return Components(self._origin + mean, loadings, variance, ratio)
