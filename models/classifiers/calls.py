"""Calling classes: from probabilities to the labels of a cell."""

import numpy as np
from numpy.typing import NDArray


def call_classes(probabilities: NDArray[np.floating], thresholds: NDArray[np.floating] | None) -> list[str]:
    """Call the classes of each cell.

    Parameters
    ----------
    probabilities
        (n, classes).
    thresholds
        (classes,): a class is called from its threshold on, so a cell may get several or none. None calls the
        one likeliest class of each cell.

    Returns
    -------
    list of n str
        Numbers of the called classes, joined by ``|``, as in a label file; empty where none is called.
    """
    if thresholds is None:
        return [str(label) for label in probabilities.argmax(axis=1)]
    called = probabilities >= thresholds
    return ["|".join(map(str, np.flatnonzero(row))) for row in called]
