"""Folds of images, stratified by label, so that images which belong together never lie on both sides."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

ALWAYS_TRAIN = -1
"""The fold of images that show a class which no other group of images shows: they are never held out."""

Stratify = Literal["labels", "combination"]


def hold_out(
    shown: NDArray[np.bool_],
    groups: NDArray[np.integer],
    folds: int,
    fold: int,
    seed: int,
    stratify: Stratify = "labels",
) -> NDArray[np.bool_]:
    """Choose the images of one fold, to validate on; none where no split is possible.

    Each class is spread as evenly over the folds as it can be; images of a group share theirs. A group with
    a class of its own would leave that class untrained, so it belongs to no fold, and a class whose images
    would all be held out keeps them in training.

    Parameters
    ----------
    shown
        (n, classes) bool: the classes of images that are in the order of their IDs.
    groups
        (n,) number of each image's group, whose classes are those of all its images.
    folds
        Number of folds, 2 or more; with fewer groups than folds some are empty.
    fold
        Which of them, 0..folds-1.
    seed
        Another seed gives other folds.
    stratify
        "labels": each class is spread evenly; "combination": each combination of classes is, and groups
        whose combination occurs once belong to no fold.

    Returns
    -------
    ndarray (n,)
        bool.

    References
    ----------
    Sechidis, Tsoumakas and Vlahavas, On the stratification of multi-label data, ECML PKDD 2011.
    Combinations: Elnashar and Abd El Azim 2022.
    """
    of_groups, places = _join_labels(shown, groups)
    held_out = _assign(of_groups, folds, seed, stratify) == fold
    trained = of_groups[~held_out].any(axis=0)
    for group in np.flatnonzero(held_out & (of_groups & ~trained).any(axis=1)).tolist():
        if (of_groups[group] & ~trained).any():
            held_out[group] = False
            trained |= of_groups[group]
    return held_out[places]


def _join_labels(
    shown: NDArray[np.bool_], groups: NDArray[np.integer]
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return what the images of each group show, (m, classes), by its first image, and the group of each."""
    _, first, places = np.unique(groups, return_index=True, return_inverse=True)
    ranks = np.empty(len(first), np.intp)
    ranks[np.argsort(first)] = np.arange(len(first))
    places = ranks[places]
    of_groups = np.zeros((len(first), shown.shape[1]), bool)
    rows, classes = np.nonzero(shown)
    of_groups[places[rows], classes] = True
    return of_groups, places


def _assign(shown: NDArray[np.bool_], folds: int, seed: int, stratify: Stratify) -> NDArray[np.intp]:
    """Assign every group to a fold by its classes, (m, classes)."""
    if stratify == "combination":
        shown = _mark_combinations(shown)
    assigned = np.full(len(shown), ALWAYS_TRAIN, np.intp)
    has_own = (shown & (shown.sum(axis=0) < 2)).any(axis=1)
    shared = np.flatnonzero(~has_own)
    if len(shared) < 2:
        return assigned
    # Takes most of a second, which commands that only check settings must not wait for.
    from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

    splitter = MultilabelStratifiedKFold(n_splits=min(folds, len(shared)), shuffle=True, random_state=seed)
    chosen = shown[shared]
    classes = int(np.flatnonzero(chosen.any(axis=0)).max(initial=0)) + 1
    # One column more than there are classes: the splitter takes a table of one column for no labels at all.
    table = np.zeros((len(shared), classes + 1), bool)
    table[:, :classes] = chosen[:, :classes]
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(shared)), table)):
        assigned[shared[held_out]] = fold
    return assigned


def _mark_combinations(shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (m, k) which of the combinations, in the order of their classes' numbers, each group shows."""
    different, places = np.unique(shown, axis=0, return_inverse=True)
    order = sorted(range(len(different)), key=lambda row: tuple(np.flatnonzero(different[row]).tolist()))
    ranks = np.empty(len(order), np.intp)
    ranks[order] = np.arange(len(order))
    marks = np.zeros((len(shown), len(order)), bool)
    marks[np.arange(len(shown)), ranks[places.ravel()]] = True
    return marks
