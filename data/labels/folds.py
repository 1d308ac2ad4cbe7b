"""Folds of images, stratified by label, so that images which belong together never lie on both sides."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.labels.image_groups import join_groups

ALWAYS_TRAIN = -1
"""The fold of images that show a class which no other group of images shows: they are never held out."""

Stratify = Literal["labels", "combination"]


def assign_folds(
    labels: Mapping[str, Sequence[int]],
    folds: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
    stratify: Stratify = "labels",
) -> dict[str, int]:
    """Assign every image to a fold, each class spread as evenly as it can be; images of a group share theirs.

    A group with a class of its own would leave that class untrained, so it belongs to no fold.

    Parameters
    ----------
    labels
        Image ID -> its class numbers.
    folds
        Number of folds, 2 or more.
    seed
        Another seed gives other folds; the order of ``labels`` plays no part.
    groups
        Image ID -> its group, whose labels are those of all its images; an image that it lacks is a group of
        its own.
    stratify
        "labels": each class is spread evenly; "combination": each combination of classes is, and groups
        whose combination occurs once belong to no fold.

    Returns
    -------
    dict
        Image ID -> fold in 0..folds-1, or ``ALWAYS_TRAIN``. With fewer groups than
        folds some folds are empty.

    References
    ----------
    Sechidis, Tsoumakas and Vlahavas, On the stratification of multi-label data, ECML PKDD 2011.
    Combinations: Elnashar and Abd El Azim 2022.
    """
    members = _list_members(labels, groups)
    classes = {
        group: tuple(sorted({label for image_id in images for label in labels[image_id]}))
        for group, images in members.items()
    }
    if stratify == "combination":
        numbers = {combination: number for number, combination in enumerate(sorted(set(classes.values())))}
        classes = {group: (numbers[combination],) for group, combination in classes.items()}
    assigned = _assign(classes, folds, seed)
    return {image_id: assigned[group] for group, images in members.items() for image_id in images}


def split_images(
    labels: Mapping[str, Sequence[int]],
    folds: int,
    fold: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
    stratify: Stratify = "labels",
) -> tuple[set[str], set[str]]:
    """Split the images into those to train on and those of one fold, to validate on.

    A class whose images would all be held out keeps them in training.

    Returns
    -------
    tuple of set
        Training images and validation images; the second is empty where no split is possible.
    """
    assigned = assign_folds(labels, folds, seed, groups, stratify)
    held_out = {image_id for image_id, number in assigned.items() if number == fold}
    trained = {label for image_id in set(labels) - held_out for label in labels[image_id]}
    for images in _list_members(labels, groups).values():
        shown = {label for image_id in images for label in labels[image_id]}
        if not shown <= trained:
            held_out.difference_update(images)
            trained |= shown
    return set(labels) - held_out, held_out


def _list_members(
    labels: Mapping[str, Sequence[int]], groups: Mapping[str, str] | None
) -> dict[str, list[str]]:
    """List the images of every group, in an order that depends on their IDs alone."""
    members: dict[str, list[str]] = defaultdict(list)
    for image_id, group in join_groups(sorted(labels), groups or {}).items():
        members[group].append(image_id)
    return members


def _assign(classes: Mapping[str, tuple[int, ...]], folds: int, seed: int) -> dict[str, int]:
    """Assign every group to a fold by its classes."""
    groups = Counter(label for labels in classes.values() for label in labels)
    assigned = dict.fromkeys(classes, ALWAYS_TRAIN)
    shared = [group for group, labels in classes.items() if all(groups[label] > 1 for label in labels)]
    if len(shared) < 2:
        return assigned
    # Takes most of a second, which commands that only check settings must not wait for.
    from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

    splitter = MultilabelStratifiedKFold(n_splits=min(folds, len(shared)), shuffle=True, random_state=seed)
    table = _one_hot([classes[group] for group in shared])
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(shared)), table)):
        for row in held_out:
            assigned[shared[row]] = fold
    return assigned


def _one_hot(classes: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    # One column more than there are classes: the splitter takes a table of one column for no labels at all.
    table = np.zeros((len(classes), max(max(row) for row in classes) + 2), np.int64)
    for row, numbers in enumerate(classes):
        table[row, list(numbers)] = 1
    return table
