"""Called classes: from probabilities to the classes that count as found in a cell."""

import numpy as np
from numpy.typing import NDArray


def decide(
    probabilities: NDArray[np.floating], thresholds: NDArray[np.floating] | float | None
) -> NDArray[np.bool_]:
    """Decide which classes are found.

    Parameters
    ----------
    probabilities
        (n, C), 0..1.
    thresholds
        (C,), or one for all: a class is found from there on, so several or none may be. None: just the one
        likeliest class, the first of equals.

    Returns
    -------
    ndarray (n, C)
        Where a class is found.
    """
    if thresholds is None:
        likeliest = probabilities.argmax(axis=1)
        return likeliest[:, None] == np.arange(probabilities.shape[1])
    return np.asarray(probabilities >= thresholds)


def call_classes(
    probabilities: NDArray[np.floating], thresholds: NDArray[np.floating] | float | None
) -> list[str]:
    """Return the called classes of each cell as text.

    Parameters
    ----------
    probabilities, thresholds
        As of `decide`.

    Returns
    -------
    list of n str
        Numbers of the called classes, joined by ``|``, as in a label file; empty where none is called.
    """
    return ["|".join(map(str, np.flatnonzero(row))) for row in decide(probabilities, thresholds)]
