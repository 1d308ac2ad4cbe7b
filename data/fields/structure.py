"""Whether a plane shows anything but noise."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 128
"""Side of the shrunken plane in px: a nucleus at any magnification in use is at least one of them."""

_DEGREE = 4

_BEYOND_NOISE = 6.0
"""Least contrast, in standard deviations of what the noise of a pixel leaves in a mean."""

_MAX_STEPS = 2**24
"""Differences of neighbours of which the noise is found; of larger planes only some rows are looked at."""

_LEAST_CONTRAST = 1 / 255
"""As a fraction of the largest value of the type: below it rounding makes patterns of its own."""


def has_structure(plane: NDArray[Any]) -> bool:
    """Check whether a plane shows more than noise and an uneven background.

    The plane is shrunk by means over blocks, a smooth surface is taken off, and the contrast that is left,
    from the median to the brightest five-hundredth, is compared with what noise alone would leave.

    Parameters
    ----------
    plane
        (H, W) uint8 or uint16.
    """
    values = np.divide(plane, np.iinfo(plane.dtype).max, dtype=np.float32)
    height, width = values.shape
    factor = max(1, min(height, width) // _SIDE)
    small = cv2.resize(
        values, (max(1, width // factor), max(1, height // factor)), interpolation=cv2.INTER_AREA
    ).astype(np.float64)
    rest = small - _smooth_background(small)
    contrast = float(np.percentile(rest, 99.8) - np.median(rest))
    # Median of differences of neighbours: edges are few, so it is the noise's alone.
    steps = np.abs(np.diff(values[:: max(1, plane.size // _MAX_STEPS)], axis=1))
    noise = float(np.median(steps)) / (0.6745 * np.sqrt(2)) if steps.size else 0.0
    return contrast > max(_LEAST_CONTRAST, _BEYOND_NOISE * noise / factor)


def _smooth_background(small: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit a surface of the fourth degree, as vignetting and haze make."""
    rows, columns = (np.linspace(-1, 1, size) for size in small.shape)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    powers = [(i, j) for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
    terms = np.stack([x**i * y**j for i, j in powers], axis=-1).reshape(-1, len(powers))
    fitted, *_ = np.linalg.lstsq(terms, small.ravel(), rcond=None)
    return (terms @ fitted).reshape(small.shape)
