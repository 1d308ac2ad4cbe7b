"""The stains of a field as a segmentation network sees them: scaled to the field's own range."""

import numpy as np
from numpy.typing import NDArray

STAINS = ("red", "yellow", "blue")
"""Microtubules, ER and nucleus, in the order in which networks take them."""

DARK_QUANTILE, BRIGHT_QUANTILE = 0.01, 0.997
"""Where a stain's range is read: beyond lie dead and hot pixels, and specks of debris."""

LEAST_RANGE = 4 / 255
"""A stain whose range is below this share of the full scale is empty: what is left of it is noise."""

BRIGHTEST = 1.25
"""Where stains are cut: a little above the bright end of their range."""


def scale_stains(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each stain to its own range and take the root, which lifts the dim rim of cells.

    Parameters
    ----------
    planes
        (C, h, w) float32, as shares of the full scale.

    Returns
    -------
    ndarray
        (C, h, w) float32: 0 at the dark end of the stain's range and below, 1 at the bright end, at most
        `BRIGHTEST`; 0 everywhere for an empty stain.
    """
    scaled = np.zeros_like(planes)
    sampled = planes[:, ::2, ::2] if min(planes.shape[1:]) >= 64 else planes
    for stain, sample, target in zip(planes, sampled, scaled, strict=True):
        low, high = np.quantile(sample, (DARK_QUANTILE, BRIGHT_QUANTILE))
        if high - low >= LEAST_RANGE:
            np.clip((stain - low) / (high - low), 0, BRIGHTEST**2, out=target)
            np.sqrt(target, out=target)
    return scaled
