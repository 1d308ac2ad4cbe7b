"""Right and wrong decisions, counted a class, and the figures that follow from the counts alone."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Outcomes:
    """The 2 x 2 confusion matrix of each class.

    Figures of a class that nothing has are NaN (but accuracy); precision is 0 where nothing was found of one
    that something has.

    Attributes
    ----------
    matrices
        (C, 2, 2) int: row 0 where the class is not true, row 1 where it is; column 1 where it was found.
    """

    matrices: NDArray[np.int64]

    @cached_property
    def true(self) -> NDArray[np.int64]:
        """How many have the class, (C,)."""
        return self.matrices[:, 1].sum(axis=1)

    @cached_property
    def found(self) -> NDArray[np.int64]:
        """For how many it was found, (C,)."""
        return self.matrices[:, :, 1].sum(axis=1)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """Part of the decisions on the class that are right, (C,)."""
        right = self.matrices[:, 0, 0] + self.matrices[:, 1, 1]
        return _divide(right, self.matrices.sum(axis=(1, 2)))

    @property
    def precision(self) -> NDArray[np.float64]:
        """Part of those found that are right, (C,)."""
        return np.where(self.true > 0, self._right / np.maximum(self.found, 1), np.nan)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Part of the true ones that are found, (C,)."""
        return _divide(self._right, self.true)

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of precision and recall, (C,)."""
        return np.where(self.true > 0, 2 * self._right / np.maximum(self.true + self.found, 1), np.nan)

    def pool(self) -> "Outcomes":
        """Add up all classes, to one, for micro averages."""
        return Outcomes(self.matrices.sum(axis=0, keepdims=True))

    @property
    def _right(self) -> NDArray[np.int64]:
        return self.matrices[:, 1, 1]


def count_outcomes(decisions: NDArray[np.bool_], positive: NDArray[np.bool_]) -> Outcomes:
    """Count the decisions, (n, C), by class, truth, (n, C), and what was decided."""
    counts = [
        (true_side & found_side).sum(axis=0)
        for true_side in (~positive, positive)
        for found_side in (~decisions, decisions)
    ]
    return Outcomes(np.stack(counts, axis=1).reshape(-1, 2, 2))


def count_confusions(probabilities: NDArray[np.floating], positive: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count which class was likeliest for which true class.

    Returns
    -------
    ndarray (C, C)
        int64, a row a true class, a column a likeliest one; only of those with just one true class.
    """
    classes = positive.shape[1]
    single = positive.sum(axis=1) == 1
    pairs = positive[single].argmax(axis=1) * classes + probabilities[single].argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def _divide(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
