"""Grey levels: 8 and 16 bit, and cameras that do not use all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def fill_range(plane: NDArray[Any], full_scale: int | None) -> NDArray[Any]:
    """Scale a plane so that white becomes the largest value of its type; brighter values are clipped.

    Parameters
    ----------
    plane
        Any shape, uint8 or uint16.
    full_scale
        White: up to 255 for uint8, else for uint16. Planes of the other type stay as they are, and all do
        where it is None.
    """
    limit = np.iinfo(plane.dtype).max
    if full_scale is None or full_scale >= limit or (full_scale > 255) != (plane.dtype == np.uint16):
        return plane
    scaled = plane.astype(np.float32) * np.float32(limit / full_scale)
    return np.minimum(np.rint(scaled, out=scaled), limit, out=scaled).astype(plane.dtype)


def to_uint8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale an image of any shape, uint8 or uint16, to uint8, rounding to the nearest grey level."""
    if image.dtype == np.uint8:
        return image
    scaled = image.astype(np.float32) * np.float32(255 / np.iinfo(image.dtype).max)
    return np.rint(scaled, out=scaled).astype(np.uint8)
