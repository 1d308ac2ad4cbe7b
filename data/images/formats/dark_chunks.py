"""Chunks of a plane that hold nothing but zeros, as those do whose files are missing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, slice]
"""Rows and columns of a chunk."""


def find_dark_chunks(plane: NDArray[Any], sides: Sequence[int]) -> list[Box]:
    """Find the chunks of a plane in which every pixel is 0.

    Parameters
    ----------
    plane
        (H, W).
    sides
        Rows and columns of a chunk.
    """
    height, width = plane.shape
    boxes = [
        (slice(top, min(top + sides[0], height)), slice(left, min(left + sides[1], width)))
        for top in range(0, height, sides[0])
        for left in range(0, width, sides[1])
    ]
    return [box for box in boxes if not plane[box].any()]


def shows_signal(copy: NDArray[Any], box: Box, shape: Sequence[int]) -> bool:
    """Return whether most of a chunk is brighter than 0 in a smaller copy of the image.

    Parameters
    ----------
    copy
        The copy, (h, w).
    box
        The chunk in the image.
    shape
        Size of the image, (H, W).
    """
    scaled = tuple(
        slice(
            side.start * small // large, max(-(-side.stop * small // large), side.start * small // large + 1)
        )
        for side, small, large in zip(box, copy.shape, shape, strict=True)
    )
    return bool(np.count_nonzero(copy[scaled]) * 2 > copy[scaled].size)
