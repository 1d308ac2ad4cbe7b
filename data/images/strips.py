"""Pixels worked on a strip at a time, so that what lies between input and result stays small beside them."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_STRIP_VALUES = 2**20


def map_strips(
    function: Callable[[NDArray[Any]], NDArray[Any]], image: NDArray[Any], dtype: DTypeLike
) -> NDArray[Any]:
    """Apply a function of single values to an image.

    Parameters
    ----------
    function
        Of an array to one of its shape; each value of the result depends on the same value alone.
    image
        Any shape.
    dtype
        Type of the result.
    """
    result = np.empty(image.shape, dtype)
    for strip in cut_strips(image.shape):
        result[strip] = function(image[strip])
    return result


def cut_strips(shape: tuple[int, ...]) -> Iterator[tuple[int | slice, ...]]:
    """Yield the indices of strips of rows that together are an image (..., H, W)."""
    if len(shape) < 2:
        yield (slice(None),) * len(shape)
        return
    *leading, height, width = shape
    rows = max(1, _STRIP_VALUES // max(1, width))
    for index in np.ndindex(*leading):
        for start in range(0, height, rows):
            yield (*index, slice(start, start + rows))
