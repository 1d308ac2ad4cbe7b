"""Soft labels of cells, from what classifiers say that never saw them: a second round's targets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError


def soften_targets(
    targets: NDArray[np.float32],
    probabilities: NDArray[np.floating],
    *,
    single_label: bool,
    weight: float,
) -> NDArray[np.float32]:
    """Mix the labels of cells' images with out-of-fold probabilities of the cells themselves.

    With several classes a cell, a class that the image lacks stays 0, and one that it has gets the cell's
    own probability, because not every cell shows all that its image was labelled with. With one class a
    cell the probabilities of all classes are taken as they are.

    Parameters
    ----------
    targets
        (n, classes), 1 where the cell's image has the class.
    probabilities
        (n, classes) in 0..1; NaN in the rows of cells that no classifier left out, which keep their labels.
    single_label
        Whether each row of targets and probabilities has the sum 1.
    weight
        Part of the probabilities in the mixture, 0..1.

    Returns
    -------
    ndarray (n, classes)
        float32 in 0..1.
    """
    soft = probabilities if single_label else probabilities * targets
    known = np.isfinite(soft).all(axis=1, keepdims=True)
    mixed = (1 - weight) * targets + weight * np.where(known, soft, targets)
    return mixed.astype(np.float32)


def check_classes(predicted: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise an InputError where predictions are of other classes than those to train with."""
    if tuple(predicted) == tuple(wanted):
        return
    others = [name for name in predicted if name not in wanted] or [
        name for name in wanted if name not in predicted
    ]
    raise InputError(
        found=f"{len(predicted)} classes" + (f", {others[0]} in one set only" if others else ""),
        where="the out-of-fold predictions",
        expected=f"the {len(wanted)} classes of the label set, in their order",
        advice="train all folds again with this label set",
    )
