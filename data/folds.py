"""Folds of images, stratified by label, so that tiles of one image never lie on both sides of a split."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold
from numpy.typing import NDArray

ALWAYS_TRAIN = -1
"""The fold of an image that shows a class which no other image shows: it is never held out."""


def assign_folds(labels: Mapping[str, Sequence[int]], folds: int, seed: int) -> dict[str, int]:
    """Give every image a fold, each class spread as evenly as it can be.

    An image with a class of its own would leave that class untrained, so it belongs to no fold.

    Parameters
    ----------
    labels
        Image ID -> its class numbers.
    folds
        Number of folds, 2 or more.
    seed
        Another seed gives other folds; the order of ``labels`` plays no part.

    Returns
    -------
    dict
        Image ID -> fold in 0..folds-1, or ``ALWAYS_TRAIN``. With fewer images than
        folds some folds are empty.

    References
    ----------
    Sechidis, Tsoumakas and Vlahavas, On the stratification of multi-label data, ECML PKDD 2011.
    """
    images = Counter(label for classes in labels.values() for label in set(classes))
    assigned = dict.fromkeys(sorted(labels), ALWAYS_TRAIN)
    shared = [image_id for image_id in assigned if all(images[label] > 1 for label in labels[image_id])]
    if len(shared) < 2:
        return assigned
    splitter = MultilabelStratifiedKFold(n_splits=min(folds, len(shared)), shuffle=True, random_state=seed)
    table = _one_hot([labels[image_id] for image_id in shared])
    for fold, (_, held_out) in enumerate(splitter.split(np.zeros(len(shared)), table)):
        for row in held_out:
            assigned[shared[row]] = fold
    return assigned


def split_images(
    labels: Mapping[str, Sequence[int]], folds: int, fold: int, seed: int
) -> tuple[set[str], set[str]]:
    """Split the images into those to train on and those of one fold, to validate on.

    A class whose images would all be held out keeps them in training.

    Returns
    -------
    tuple of set
        Training images and validation images; the second is empty where no split is possible.
    """
    assigned = assign_folds(labels, folds, seed)
    held_out = {image_id for image_id, number in assigned.items() if number == fold}
    for image_id in sorted(held_out):
        trained = {label for other, classes in labels.items() if other not in held_out for label in classes}
        if not set(labels[image_id]) <= trained:
            held_out.discard(image_id)
    return set(labels) - held_out, held_out


def _one_hot(classes: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    # One column more than there are classes: the splitter takes a table of one column for no labels at all.
    table = np.zeros((len(classes), max(max(row) for row in classes) + 2), np.int64)
    for row, numbers in enumerate(classes):
        table[row, list(numbers)] = 1
    return table
