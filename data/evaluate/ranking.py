"""Figures of the order that probabilities give, whatever the thresholds.

They are those of scikit-learn's `average_precision_score` and `roc_auc_score`, which need all scores side by
side, and those of all classes for micro averages: 1.3 kB for each further cell of 19 classes. Here the scores
come in parts, and of those that lack a class no more is kept than how many lie between two that have it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_PART_ROWS = 8192


@dataclass(frozen=True)
class Ranks:
    """Figures of a ranking, 0..1; NaN for what is not defined.

    Attributes
    ----------
    average_precision
        (C,) the sum over the ranked scores of the growth of recall times precision, without interpolation;
        NaN for a class that nothing has.
    roc_auc
        (C,) the area under the ROC curve; NaN for a class that nothing or all have.
    micro_average_precision, micro_roc_auc
        Of the scores of all classes together.
    """

    average_precision: NDArray[np.float64]
    roc_auc: NDArray[np.float64]
    micro_average_precision: float
    micro_roc_auc: float


class Ranking:
    """Rank scores that come in parts, each of them twice: all parts to `add`, and then all to `compare`."""

    def __init__(self) -> None:
        self._added: list[list[NDArray[np.floating]]] = []
        self._finite: NDArray[np.bool_] | None = None
        self._columns: list[_Column] = []

    def add(self, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]) -> None:
        """Take the scores, (n, C), of some that have a class or more, by what they have, (n, C)."""
        finite = np.asarray(np.isfinite(probabilities).all(axis=0))
        self._finite = finite if self._finite is None else self._finite & finite
        self._added = self._added or [[] for _ in finite]
        for scores, has, parts in zip(probabilities.T, positive.T, self._added, strict=True):
            parts.append(scores[has])

    def compare(self, probabilities: NDArray[np.floating], positive: NDArray[np.bool_]) -> None:
        """Take the same once more, all of which have been added."""
        if not self._columns:
            columns = [_Column(parts) for parts in self._added]
            self._added = []
            self._columns = [*columns, _Column([column.scores for column in columns])]
        for column, scores, has in zip(self._columns[:-1], probabilities.T, positive.T, strict=True):
            column.compare(scores[~has])
        self._columns[-1].compare(probabilities[~positive])

    def finish(self) -> Ranks:
        """Compute the figures."""
        finite = np.zeros(0, bool) if self._finite is None else self._finite
        # Nothing can be ranked by numbers that are none, as those of a network that has run away.
        figures = np.array(
            [
                (column.average_precision(), column.roc_area()) if is_finite else (np.nan, np.nan)
                for column, is_finite in zip(self._columns, [*finite, finite.all()], strict=True)
            ]
        ).T
        precisions, areas = figures
        return Ranks(precisions[:-1], areas[:-1], float(precisions[-1]), float(areas[-1]))


def rank(probabilities: NDArray[np.floating], positive: NDArray[np.bool_]) -> Ranks:
    """Rank scores, (n, C), one or more, by what has the class, (n, C)."""
    ranking = Ranking()
    for take in (ranking.add, ranking.compare):
        for start in range(0, len(positive), _PART_ROWS):
            rows = slice(start, start + _PART_ROWS)
            take(probabilities[rows], positive[rows])
    return ranking.finish()


class _Column:
    """One class, or all together.

    Parameters
    ----------
    parts
        The scores of those that have it.

    Attributes
    ----------
    scores
        (p,) these, ascending.
    """

    def __init__(self, parts: Sequence[NDArray[np.floating]]) -> None:
        self.scores = np.concatenate(parts)
        self.scores.sort()
        # How many that lack the class have the n-th score or more, but not the one after it.
        self._between = np.zeros(len(self.scores) + 1, np.int64)
        self._others, self._halves = 0, 0

    def compare(self, others: NDArray[np.floating]) -> None:
        """Take the scores of some that lack the class."""
        # Neighbours of what was looked up last are found sooner.
        others = np.sort(others)
        reached = np.searchsorted(self.scores, others, side="right")
        passed = np.searchsorted(self.scores, others, side="left")
        np.add.at(self._between, reached, 1)
        self._others += len(others)
        # In halves of a pair, since equal scores count as one.
        self._halves += 2 * len(others) * len(self.scores) - int(reached.sum()) - int(passed.sum())

    def average_precision(self) -> float:
        """Compute the average precision."""
        if not len(self.scores):
            return float("nan")
        count, total = len(self.scores), 0.0
        reaching = np.cumsum(self._between[::-1])[::-1]
        for start in range(0, count, _PART_ROWS):
            part = self.scores[start : start + _PART_ROWS]
            right = count - np.searchsorted(self.scores, part, side="left")
            wrong = reaching[start + 1 : start + 1 + len(part)]
            total += float((right / (right + wrong)).sum())
        return total / count

    def roc_area(self) -> float:
        """Compute the area under the ROC curve: the part of the pairs that are in the right order."""
        pairs = len(self.scores) * self._others
        return self._halves / (2 * pairs) if pairs else float("nan")
