"""Weights that make rare classes count as much as frequent ones."""

import numpy as np
from numpy.typing import NDArray


def inverse_frequency_weights(targets: NDArray[np.floating], most: float) -> NDArray[np.float32]:
    """Weight classes for a cross entropy, inversely to the number of their tiles.

    Parameters
    ----------
    targets
        (n, classes), one 1 in each row.
    most
        Largest ratio of a weight to that of the most frequent class.

    Returns
    -------
    ndarray (classes,)
        float32; their mean over the tiles is 1. Classes without tiles weigh as much as the rarest one.
    """
    counts = targets.sum(axis=0)
    present = counts > 0
    if not present.any():
        return np.ones(len(counts), np.float32)
    weights = np.minimum(counts.max() / np.where(present, counts, counts[present].min()), most)
    return (weights / (weights @ counts / counts.sum())).astype(np.float32)


def positive_weights(targets: NDArray[np.floating], most: float) -> NDArray[np.float32]:
    """Weight the positive tiles of each class for a binary cross entropy: negatives over positives.

    Parameters
    ----------
    targets
        (n, classes), 0 or 1.
    most
        Largest weight; the smallest is 1, also that of classes without tiles.

    Returns
    -------
    ndarray (classes,)
        float32
    """
    positives = targets.sum(axis=0)
    ratios = np.where(positives > 0, (len(targets) - positives) / np.maximum(positives, 1), 1)
    return np.clip(ratios, 1, most).astype(np.float32)
