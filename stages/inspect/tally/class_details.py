"""What a report shows of each class: its figures, and its most telling cells."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from stages.inspect.cells.cell_facts import CellFacts
from stages.inspect.cells.places import Places
from stages.inspect.given_labels import PARTLY, RIGHT, WRONG
from stages.inspect.tally.agreement import Agreement

_LISTED = 60
_POINTS = 101
_DIGITS = 4
_VERDICTS = (RIGHT, PARTLY, WRONG)


class ClassDetails:
    """Count what is said of each class, over the cells that were kept and predicted.

    Of cells with given labels all probabilities are kept, since the curves need them.

    Parameters
    ----------
    names
        The classes that are predicted or given.
    predicted
        How many are predicted, which come first.
    """

    def __init__(self, names: tuple[str, ...], predicted: int) -> None:
        self._names, self._predicted = names, predicted
        self._counts = {what: np.zeros(len(names), int) for what in ("predicted", "given", *_VERDICTS)}
        self._labelled, self._singles = 0, 0
        self._scores: list[tuple[NDArray[np.float32], NDArray[np.bool_]]] = []
        self._confusion = np.zeros((predicted, predicted), int)
        self._agreement = Agreement(predicted)

    def add(self, facts: CellFacts) -> None:
        """Count the cells of some images, all of each."""
        count = self._predicted
        kept, called, given = _mark_kept(facts)
        probabilities, verdicts = facts.predicted.probabilities[kept], facts.verdicts[kept]
        self._counts["predicted"] += called.sum(axis=0)
        self._counts["given"] += given.sum(axis=0)
        for verdict in _VERDICTS:
            self._counts[verdict] += called[verdicts == verdict].sum(axis=0)
        is_labelled = given.any(axis=1)
        if is_labelled.any():
            self._labelled += int(is_labelled.sum())
            self._scores.append((probabilities[is_labelled], given[is_labelled, :count]))
        single = np.flatnonzero((given.sum(axis=1) == 1) & given[:, :count].any(axis=1))
        if len(single):
            self._singles += len(single)
            labels = given[single].argmax(axis=1), probabilities[single].argmax(axis=1)
            np.add.at(self._confusion, labels, 1)
        image_ids, groups = (facts.table[name].to_numpy(object)[kept] for name in ("image_id", "group"))
        self._agreement.add(image_ids, groups, called[:, :count])

    def describe(self, shown: CellFacts, places: Places) -> dict[str, Any]:
        """Describe all classes.

        Parameters
        ----------
        shown, places
            The cells that may be listed, and where they are shown.

        Returns
        -------
        dict
            ``classes``, one per class that is predicted or given: ``name``, counts (``predicted``, ``given``,
            ``right``, ``partly``, ``wrong``), ``ap`` and ``curve`` (recall and precision, where labels are
            known), ``confident`` and ``mistakes`` (cells that are shown, as page, number and probability) and
            ``agreement`` (of the images with such a cell); and ``confusion`` (given class by likeliest class,
            of cells with one given class, by which ``singles`` is the number).
        """
        agreement, listed = self._agreement.describe(), _Listed(shown, places)
        classes = []
        for label, name in enumerate(self._names):
            entry: dict[str, Any] = {"name": name}
            entry |= {what: counts[label] for what, counts in self._counts.items()}
            if label < self._predicted:
                entry |= self._draw_curve(label) | listed.find(label) | {"agreement": agreement[label]}
            classes.append(entry)
        return {
            "classes": classes,
            "confusion": self._confusion,
            "singles": self._singles,
            "labelled": self._labelled,
        }

    def _draw_curve(self, label: int) -> dict[str, Any]:
        """Return average precision and the curve of precision by recall; nothing where no label is known."""
        if not self._scores:
            return {}
        scores, positive = (
            np.concatenate([part[:, label] for part in parts]) for parts in zip(*self._scores, strict=True)
        )
        if not positive.any():
            return {}
        precision, recall, _ = precision_recall_curve(positive, scores)
        precision, recall = precision[::-1], recall[::-1]
        # Of the points of many cells those are kept whose recall is nearest to even steps.
        some = np.unique(np.searchsorted(recall, np.linspace(0, 1, _POINTS)).clip(max=len(recall) - 1))
        points = np.stack([recall[some], precision[some]], axis=1).round(_DIGITS)
        return {"ap": round(float(average_precision_score(positive, scores)), _DIGITS), "curve": points}


class _Listed:
    """The most telling cells of each class among those that are shown."""

    def __init__(self, facts: CellFacts, places: Places) -> None:
        self._kept, self._called, given = _mark_kept(facts)
        self._probabilities = facts.predicted.probabilities[self._kept]
        self._is_shown = places.page[self._kept] > 0
        self._wrong = self._called & given.any(axis=1, keepdims=True) & ~given
        self._places = places

    def find(self, label: int) -> dict[str, Any]:
        """Return the ``confident`` cells of a class, and the ``mistakes``."""
        scores = self._probabilities[:, label]
        entry = {}
        for what, members in (("confident", self._called), ("mistakes", self._wrong)):
            listed = np.flatnonzero(members[:, label] & self._is_shown)
            order = listed[np.argsort(-scores[listed], kind="stable")][:_LISTED]
            entry[what] = [
                [*self._places.refer(int(self._kept[place])), round(float(scores[place]), _DIGITS)]
                for place in order.tolist()
            ]
        return entry


def _mark_kept(facts: CellFacts) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the cells that were kept and predicted, (n,), and their called and given classes, (n, C)."""
    kept = np.flatnonzero((facts.dropped == "") & facts.predicted.known)
    called = _mark([facts.called[row] or () for row in kept.tolist()], len(facts.class_names))
    return kept, called, _mark([facts.given[row] for row in kept.tolist()], len(facts.class_names))


def _mark(classes: list[tuple[int, ...]], count: int) -> NDArray[np.bool_]:
    marks = np.zeros((len(classes), count), bool)
    for place, labels in enumerate(classes):
        marks[place, list(labels)] = True
    return marks
