"""Grey levels: 8 and 16 bit, and cameras that do not use all of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.images.strips import map_strips


def fill_range(plane: NDArray[Any], full_scale: int | None) -> NDArray[Any]:
    """Scale a plane so that white becomes the largest value of its type; brighter values are clipped.

    Parameters
    ----------
    plane
        Any shape, uint8 or uint16.
    full_scale
        White: up to 254 for uint8, from 255 on for uint16 (255: values of 8 bit in 16). Planes of the other
        type stay as they are, and all do where it is None.
    """
    limit = np.iinfo(plane.dtype).max
    if full_scale is None or full_scale >= limit or (full_scale >= 255) != (plane.dtype == np.uint16):
        return plane

    def fill(values: NDArray[Any]) -> NDArray[np.float32]:
        scaled = values.astype(np.float32) * np.float32(limit / full_scale)
        return np.minimum(np.rint(scaled, out=scaled), limit, out=scaled)

    return map_strips(fill, plane, plane.dtype)


def check_white(plane: NDArray[Any], full_scale: int | None, source: str, where: object) -> None:
    """Check that no 16-bit value is above a white that was found in other files.

    Parameters
    ----------
    plane, full_scale
        As for `fill_range`.
    source
        How the white was found; empty where it was given, so that brighter values may be clipped.
    where
        The file, for the message.

    Raises
    ------
    InputError
        A value is above it.
    """
    if not source or full_scale is None or plane.dtype != np.uint16:
        return
    largest = int(plane.max(initial=0))
    if largest > full_scale:
        bits = next(bits for bits in (10, 12, 14, 16) if largest < 1 << bits)
        raise InputError(
            found=f"values up to {largest}, but white is {full_scale} ({source})",
            where=where,
            expected="16-bit files of one camera",
            advice=f"state the white of all, for example --set images.full_scale={(1 << bits) - 1}",
        )


def to_uint8(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale an image of any shape, uint8 or uint16, to uint8, rounding to the nearest grey level."""
    if image.dtype == np.uint8:
        return image
    factor = np.float32(255 / np.iinfo(image.dtype).max)
    return map_strips(lambda values: np.rint(values.astype(np.float32) * factor), image, np.uint8)
