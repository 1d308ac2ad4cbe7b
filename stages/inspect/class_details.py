"""What a report shows of each class: its figures, and its most telling cells."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve

from stages.inspect.cells.cell_facts import CellFacts
from stages.inspect.cells.places import Places
from stages.inspect.given_labels import PARTLY, RIGHT, WRONG

_LISTED = 60
_POINTS = 101
_BINS = 10
_DIGITS = 4


def describe_classes(facts: CellFacts, places: Places) -> dict[str, Any]:
    """Describe all classes, from the cells that were kept and predicted.

    Returns
    -------
    dict
        ``classes``, one per class that is predicted or given: ``name``, counts (``predicted``, ``given``,
        ``right``, ``partly``, ``wrong``), ``ap`` and ``curve`` (recall and precision, where labels are
        known), ``confident`` and ``mistakes`` (cells that are shown, as page, number and probability) and
        ``agreement`` (of the images with such a cell); and ``confusion`` (given class by likeliest class, of
        cells with one given class, by which ``singles`` is the number).
    """
    kept = np.flatnonzero((facts.dropped == "") & facts.predicted.known)
    count = len(facts.predicted.label_set.names) if facts.predicted.label_set else 0
    probabilities = facts.predicted.probabilities[kept]
    called = _mark([facts.called[row] or () for row in kept.tolist()], len(facts.class_names))
    given = _mark([facts.given[row] for row in kept.tolist()], len(facts.class_names))
    is_labelled = given.any(axis=1)
    verdicts = facts.verdicts[kept]
    is_shown = places.page[kept] > 0
    images = pd.factorize(facts.table["image_id"].to_numpy(object)[kept])[0]
    if len(images) == len(np.unique(images)):
        # Each pre-cropped cell is an image of its own.
        images = pd.factorize(facts.table["group"].to_numpy(object)[kept])[0]
    classes = []
    for label, name in enumerate(facts.class_names):
        has = called[:, label]
        entry: dict[str, Any] = {"name": name, "predicted": has.sum(), "given": given[:, label].sum()}
        entry |= {verdict: (verdicts[has] == verdict).sum() for verdict in (RIGHT, PARTLY, WRONG)}
        if label < count:
            scores = probabilities[:, label]
            entry |= _draw_curve(scores[is_labelled], given[is_labelled, label])
            wrong = has & is_labelled & ~given[:, label]
            for what, members in (("confident", has), ("mistakes", wrong)):
                listed = np.flatnonzero(members & is_shown)
                order = listed[np.argsort(-scores[listed], kind="stable")][:_LISTED]
                entry[what] = [
                    [*places.refer(int(kept[place])), round(float(scores[place]), _DIGITS)]
                    for place in order.tolist()
                ]
            entry["agreement"] = _measure_agreement(has, images)
        classes.append(entry)
    single = np.flatnonzero((given.sum(axis=1) == 1) & given[:, :count].any(axis=1))
    confusion = np.zeros((count, count), int)
    if len(single):
        np.add.at(confusion, (given[single].argmax(axis=1), probabilities[single].argmax(axis=1)), 1)
    return {"classes": classes, "confusion": confusion, "singles": len(single), "labelled": is_labelled.sum()}


def _mark(classes: list[tuple[int, ...]], count: int) -> NDArray[np.bool_]:
    marks = np.zeros((len(classes), count), bool)
    for place, labels in enumerate(classes):
        marks[place, list(labels)] = True
    return marks


def _draw_curve(scores: NDArray[np.float32], positive: NDArray[np.bool_]) -> dict[str, Any]:
    """Return average precision and the curve of precision by recall; nothing where no label is known."""
    if not positive.any():
        return {}
    precision, recall, _ = precision_recall_curve(positive, scores)
    precision, recall = precision[::-1], recall[::-1]
    # Of the points of many cells those are kept whose recall is nearest to even steps.
    some = np.unique(np.searchsorted(recall, np.linspace(0, 1, _POINTS)).clip(max=len(recall) - 1))
    points = np.stack([recall[some], precision[some]], axis=1).round(_DIGITS)
    return {"ap": round(float(average_precision_score(positive, scores)), _DIGITS), "curve": points}


def _measure_agreement(has: NDArray[np.bool_], images: NDArray[np.intp]) -> dict[str, Any] | None:
    """Return which share of an image's cells has a class, over the images of two cells or more with any."""
    cells = np.bincount(images)
    found = np.bincount(images, weights=has, minlength=len(cells))
    counted = (cells > 1) & (found > 0)
    if not counted.any():
        return None
    shares = found[counted] / cells[counted]
    bins = np.minimum((shares * _BINS).astype(int), _BINS - 1)
    return {
        "images": counted.sum(),
        "mean": round(float(shares.mean()), _DIGITS),
        "bins": np.bincount(bins, minlength=_BINS),
    }
