"""Which labels come together: counts of pairs, and their correlation."""

import numpy as np
from numpy.typing import NDArray


def count_pairs(shown: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the images that have both labels of each pair.

    Parameters
    ----------
    shown
        (n, C) bool: whether the image has the label.

    Returns
    -------
    ndarray (C, C)
        int64, symmetric; the diagonal is how many images have the label at all.
    """
    # Floats are multiplied much faster than integers, and are exact below 2**53.
    numbers = shown.astype(np.float64)
    return np.rint(numbers.T @ numbers).astype(np.int64)


def correlate_labels(shown: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Correlate the labels pair by pair: Pearson's coefficient of yes and no over the images.

    Parameters
    ----------
    shown
        (n, C) bool: whether the image has the label.

    Returns
    -------
    ndarray (C, C)
        float64 in -1..1, symmetric; NaN where one of the labels is on no image or on every image.
    """
    count = max(len(shown), 1)
    pairs = count_pairs(shown) / count
    parts = np.diag(pairs)
    deviations = np.sqrt(parts * (1 - parts))
    scale = np.outer(deviations, deviations)
    undefined = np.full(scale.shape, np.nan)
    return np.divide(pairs - np.outer(parts, parts), scale, out=undefined, where=scale > 0).clip(-1, 1)


def find_commonest_pair(pairs: NDArray[np.int64]) -> tuple[int, int] | None:
    """Find the two different labels that come together most often, of several the first; None if none do."""
    apart = np.triu(pairs, 1)
    if not apart.any():
        return None
    first, second = np.unravel_index(int(apart.argmax()), apart.shape)
    return int(first), int(second)
