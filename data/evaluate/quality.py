"""All figures of merit of a set of predictions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.evaluate.outcomes import Outcomes, count_confusions, count_outcomes
from data.evaluate.ranking import Ranking
from data.predictions.called_classes import decide

_PART_ROWS = 8192


@dataclass(frozen=True)
class Quality:
    """Figures of merit, 0..1; NaN for what is not defined, which no mean counts.

    Attributes
    ----------
    count
        Number of cells (or images, or proteins) that were judged.
    outcomes
        Decisions a class, with precision, recall, F1 and accuracy.
    average_precision, roc_auc
        (C,) of the ranking by probability.
    micro_average_precision, micro_roc_auc
        Of the ranking of all probabilities of all classes together.
    subset_accuracy
        Part for which all decisions are right.
    confusion
        (C, C) int: true class by likeliest class, of those with just one true class.
    """

    count: int
    outcomes: Outcomes
    average_precision: NDArray[np.float64]
    roc_auc: NDArray[np.float64]
    micro_average_precision: float
    micro_roc_auc: float
    subset_accuracy: float
    confusion: NDArray[np.int64]

    @property
    def balanced_accuracy(self) -> float:
        """Mean over classes of the part whose likeliest class is the true one; of those with one class."""
        totals = self.confusion.sum(axis=1)
        present = totals > 0
        return mean_defined(np.diagonal(self.confusion)[present] / totals[present])

    @property
    def top_accuracy(self) -> float:
        """Part whose likeliest class is the true one, of those with one class."""
        total = self.confusion.sum()
        return float(np.trace(self.confusion) / total) if total else float("nan")

    def summary(self) -> dict[str, float]:
        """Return the figures over all classes, by name."""
        each, pooled = self.outcomes, self.outcomes.pool()
        return {
            "macro_f1": mean_defined(each.f1),
            "macro_precision": mean_defined(each.precision),
            "macro_recall": mean_defined(each.recall),
            "micro_f1": float(pooled.f1[0]),
            "micro_precision": float(pooled.precision[0]),
            "micro_recall": float(pooled.recall[0]),
            "macro_average_precision": mean_defined(self.average_precision),
            "micro_average_precision": self.micro_average_precision,
            "macro_roc_auc": mean_defined(self.roc_auc),
            "micro_roc_auc": self.micro_roc_auc,
            "subset_accuracy": self.subset_accuracy,
            "label_accuracy": mean_defined(each.accuracy),
            "top_accuracy": self.top_accuracy,
            "balanced_accuracy": self.balanced_accuracy,
        }

    def by_class(self) -> dict[str, NDArray[Any]]:
        """Return the figures of each class, by name, (C,) each."""
        each = self.outcomes
        return {
            "true": each.true,
            "found": each.found,
            "f1": each.f1,
            "precision": each.precision,
            "recall": each.recall,
            "accuracy": each.accuracy,
            "average_precision": self.average_precision,
            "roc_auc": self.roc_auc,
        }


def measure(
    probabilities: NDArray[np.floating],
    targets: NDArray[np.floating | np.integer | np.bool_],
    thresholds: NDArray[np.floating] | float = 0.5,
    *,
    single_label: bool = False,
) -> Quality:
    """Measure how well probabilities fit targets.

    Parameters
    ----------
    probabilities
        (n, C), 0..1.
    targets
        (n, C), 0..1; a class is true from 0.5 on.
    thresholds
        (C,), or one for all: from which probability on a class is found.
    single_label
        The one likeliest class is found, in place of all from their thresholds on.

    Raises
    ------
    ValueError
        There is nothing to judge.
    """
    return measure_decisions(
        probabilities, decide(probabilities, None if single_label else thresholds), targets
    )


def measure_decisions(
    probabilities: NDArray[np.floating],
    decisions: NDArray[np.bool_],
    targets: NDArray[np.floating | np.integer | np.bool_],
) -> Quality:
    """Measure as ``measure`` does, with decisions, (n, C) bool, that have been made already."""
    count = QualityCount()
    for take in (count.add, count.compare):
        for start in range(0, len(targets), _PART_ROWS):
            rows = slice(start, start + _PART_ROWS)
            take(probabilities[rows], decisions[rows], targets[rows])
    return count.finish()


class QualityCount:
    """Measure what comes in parts, each of them twice: all parts to `add`, and then all to `compare`.

    Of each positive class of a cell 24 bytes are kept, and of float64 probabilities 32.
    """

    def __init__(self) -> None:
        self._count, self._right, self._ranking = 0, 0, Ranking()
        self._matrices: NDArray[np.int64] | None = None
        self._confusion: NDArray[np.int64] | None = None

    def add(
        self,
        probabilities: NDArray[np.floating],
        decisions: NDArray[np.bool_],
        targets: NDArray[np.floating | np.integer | np.bool_],
    ) -> None:
        """Take probabilities, decisions and targets, (n, C) each."""
        positive = np.asarray(targets >= 0.5)
        matrices = count_outcomes(decisions, positive).matrices
        confusion = count_confusions(probabilities, positive)
        self._matrices = matrices if self._matrices is None else self._matrices + matrices
        self._confusion = confusion if self._confusion is None else self._confusion + confusion
        self._count += len(positive)
        self._right += int((decisions == positive).all(axis=1).sum())
        self._ranking.add(probabilities, positive)

    def compare(
        self,
        probabilities: NDArray[np.floating],
        decisions: NDArray[np.bool_],
        targets: NDArray[np.floating | np.integer | np.bool_],
    ) -> None:
        """Take the same once more, all of which have been added."""
        self._ranking.compare(probabilities, np.asarray(targets >= 0.5))

    def finish(self) -> Quality:
        """Compute the figures.

        Raises
        ------
        ValueError
            There was nothing.
        """
        if self._matrices is None or self._confusion is None:
            message = "nothing to measure quality on"
            raise ValueError(message)
        ranks = self._ranking.finish()
        return Quality(
            count=self._count,
            outcomes=Outcomes(self._matrices),
            average_precision=ranks.average_precision,
            roc_auc=ranks.roc_auc,
            micro_average_precision=ranks.micro_average_precision,
            micro_roc_auc=ranks.micro_roc_auc,
            subset_accuracy=self._right / self._count,
            confusion=self._confusion,
        )


def mean_defined(figures: NDArray[np.floating]) -> float:
    """Average the figures that are defined; NaN where none is."""
    defined = figures[~np.isnan(figures)]
    return float(defined.mean()) if len(defined) else float("nan")
