"""What cellpose's networks see of a field."""

import numpy as np
from numpy.typing import NDArray

from data.segmenter_training.stains import LEAST_RANGE

PERCENTILES = (1, 99)
"""Where the range of a stain is read, as cellpose does."""


def to_ranges(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each stain to its own range.

    Parameters
    ----------
    planes
        (C, h, w) float32, as shares of the full scale.

    Returns
    -------
    ndarray
        (C, h, w) float32: 0 and 1 at `PERCENTILES`, not cut beyond them; 0 everywhere for an empty stain.
    """
    scaled = np.zeros_like(planes)
    for stain, target in zip(planes, scaled, strict=True):
        low, high = np.percentile(stain, PERCENTILES)
        if high - low >= LEAST_RANGE:
            target[...] = (stain - np.float32(low)) / np.float32(high - low)
    return scaled


def stack_for(model: str, planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stack the stains of a field as a network takes them.

    Parameters
    ----------
    model
        cellpose's name of the network.
    planes
        (3, h, w) float32: microtubules, ER, nuclei, as shares of the full scale.

    Returns
    -------
    ndarray
        (h, w, 2) float32 for cyto3: the mean of microtubules and ER, then nuclei. (h, w, 3) for the others:
        microtubules, ER, nuclei.
    """
    red, yellow, blue = to_ranges(planes)
    stains = ((red + yellow) / 2, blue) if model == "cyto3" else (red, yellow, blue)
    return np.stack(stains, axis=-1)
