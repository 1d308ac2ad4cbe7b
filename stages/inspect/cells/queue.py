"""In which order cells are to be looked at, where a label of theirs helps a classifier most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from stages.inspect.cells.cell_facts import CellFacts

RARE = "rare"
"""In place of a class: all of them, the rarest first."""

_LENGTH = 1000
_PER_IMAGE = 2
"""Cells of one image that come before it is the turn of another."""


@dataclass(frozen=True)
class Queue:
    """Cells in the order in which a label helps.

    Attributes
    ----------
    title
        Which classes it is about.
    order
        By what it is ordered, in a sentence.
    rows
        Rows of the cells table.
    classes
        (n,) the class in question of each.
    margins
        (n,) how far the classifier was from calling it otherwise, 0..1.
    """

    title: str
    order: str
    rows: NDArray[np.intp]
    classes: NDArray[np.intp]
    margins: NDArray[np.float64]


def order_queue(
    wanted: str, facts: CellFacts, shown: NDArray[np.bool_], thresholds: tuple[float, ...] | None
) -> Queue:
    """Order the kept cells that are shown by how unsure the classifier is of a class in them.

    That is the distance of the class's probability from its threshold; where there are none, and the
    likeliest class is called, from the largest probability of another class. Two cells of an image at most
    come before other images had theirs, since the cells of one image are alike.

    Parameters
    ----------
    wanted
        Name or number of a class, or "rare" for all classes in turn, those that fewest cells were found to
        have first.
    facts
        What is known of the cells.
    shown
        (n,) which of them are shown.
    thresholds
        Of the classes, or None.

    Raises
    ------
    InputError
        There is no such class, or nothing was predicted.
    """
    label_set = facts.predicted.label_set
    rows = np.flatnonzero(shown & facts.predicted.known & (facts.dropped == ""))
    if label_set is None or not len(rows):
        raise InputError(
            found="no cell that was predicted and kept",
            where=f"--queue {wanted}",
            expected="predictions, by which cells are ordered",
            advice="run `hpacells predict` first",
        )
    images = facts.table["image_id"].to_numpy(object)[rows]
    margins = _measure_margins(facts.predicted.probabilities[rows], thresholds)
    unsure = "the cells of which the classifier is least sure come first, two of an image in turn"
    if wanted.strip().casefold() == RARE:
        counts = np.bincount(
            [label for row in rows.tolist() for label in facts.called[row] or ()], minlength=len(label_set)
        )
        classes = np.argsort(counts, kind="stable")
        orders = [_order(margins[:, label], images) for label in classes]
        places, labels = _take_turns(orders, classes)
        title, order = "All classes, the rarest first", f"One cell of each class in turn; of each {unsure}."
    else:
        label = label_set.find(wanted)
        if label is None:
            raise InputError(
                found=f"no class {wanted!r}",
                where="--queue",
                expected=f"{RARE}, or a class of the predictions: {', '.join(label_set.names)}",
            )
        places = _order(margins[:, label], images)[:_LENGTH]
        labels = np.full(len(places), label, np.intp)
        title, order = label_set.names[label], f"{unsure[0].upper()}{unsure[1:]}."
    return Queue(title, order, rows[places], labels, margins[places, labels])


def _measure_margins(
    probabilities: NDArray[np.float32], thresholds: tuple[float, ...] | None
) -> NDArray[np.float64]:
    """Return how far each class was from being called otherwise: (n, C)."""
    values = probabilities.astype(float)
    if thresholds is not None:
        return np.abs(values - np.asarray(thresholds))
    if values.shape[1] < 2:
        return np.abs(values - 0.5)
    best, second = np.sort(values, axis=1)[:, :-3:-1].T
    others = np.where(values == best[:, None], second[:, None], best[:, None])
    return np.abs(values - others)


def _order(margins: NDArray[np.float64], images: NDArray[np.object_]) -> NDArray[np.intp]:
    """Order cells by their margins, some of each image in turn."""
    order = np.argsort(margins, kind="stable")
    seen: dict[str, int] = {}
    turns = []
    for image in images[order].tolist():
        seen[image] = seen.get(image, 0) + 1
        turns.append((seen[image] - 1) // _PER_IMAGE)
    return order[np.argsort(turns, kind="stable")]


def _take_turns(
    orders: list[NDArray[np.intp]], classes: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Take a cell of each class in turn, none twice: their places, and the class of each."""
    iterators = [iter(order.tolist()) for order in orders]
    taken: dict[int, int] = {}
    most = min(_LENGTH, len(orders[0]))
    while len(taken) < most:
        for label, iterator in zip(classes.tolist(), iterators, strict=True):
            place = next((place for place in iterator if place not in taken), None)
            if place is not None and len(taken) < most:
                taken[place] = label
    return np.array(list(taken), np.intp), np.array(list(taken.values()), np.intp)
