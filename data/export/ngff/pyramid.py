"""Levels of falling size of images and label images, all of which lie in the same place.

Pixel i of level n covers pixels 2**n * i to 2**n * (i + 1) - 1 of the image, in rows and in columns; of an
odd number of pixels the last block is smaller. Its middle is therefore at 2**n * i + (2**n - 1) / 2.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SMALLEST = 128
"""Levels end with the first whose longer side has no more px."""


def count_levels(height: int, width: int) -> int:
    """Return the number of levels of an image: at least two, unless it is a single pixel."""
    longest, levels = max(height, width), 1
    while longest > (1 if levels == 1 else SMALLEST):
        longest, levels = -(-longest // 2), levels + 1
    return levels


def scale_of(level: int) -> int:
    """Return how many px of the image a pixel of a level is high and wide."""
    return 2**level


def offset_of(level: int) -> float:
    """Return where the middle of a level's first pixel is, in px from that of the image's first pixel."""
    return (scale_of(level) - 1) / 2


def average_plane(plane: NDArray[np.unsignedinteger], levels: int) -> Iterator[NDArray[np.unsignedinteger]]:
    """Yield the levels of a channel: means of the pixels that each pixel covers.

    Parameters
    ----------
    plane
        (H, W), unsigned.
    levels
        How many, the plane itself included.

    Yields
    ------
    ndarray
        In the type of the plane, rounded to the nearest, halves up.
    """
    yield plane
    sums, height, width = plane, *plane.shape
    for level in range(1, levels):
        sums = _sum_blocks(sums)
        side = scale_of(level)
        covered = np.outer(_count_covered(height, side), _count_covered(width, side))
        yield ((sums + covered // 2) // covered).astype(plane.dtype)


def _sum_blocks(plane: NDArray[np.unsignedinteger]) -> NDArray[np.uint64]:
    """Sum blocks of 2 x 2 pixels, which are smaller at the end of an odd side."""
    height, width = plane.shape
    sums = np.zeros((-(-height // 2), -(-width // 2)), np.uint64)
    for y in (0, 1):
        for x in (0, 1):
            part = plane[y::2, x::2]
            sums[: part.shape[0], : part.shape[1]] += part
    return sums


def _count_covered(length: int, side: int) -> NDArray[np.uint64]:
    starts = np.arange(0, length, side)
    return (np.minimum(starts + side, length) - starts).astype(np.uint64)


def pick_labels(labels: NDArray[np.uint16], level: int) -> NDArray[np.uint16]:
    """Return a level of a label image: of each pixel the label in the middle of what it covers.

    The middle is between four pixels, the nearest ones. The pixel gets the label that most of them have;
    among equals a cell comes before the background, and which of two cells comes first does not depend on
    where they lie. Always to take the same one of the four would shift all cells against the image.

    Parameters
    ----------
    labels
        (H, W) uint16, 0 is background.
    level
        Number of the level; 0 is the label image itself.
    """
    if level == 0:
        return labels
    rows, columns = (_nearest(length, level) for length in labels.shape)
    four = np.stack([labels[np.ix_(row, column)] for row in rows for column in columns])
    # An odd factor maps the 16-bit numbers onto themselves, and 0 onto 0.
    rank = (four * np.uint16(_MIXING)).astype(np.uint32)
    for place in range(len(four)):
        rank[place] += (four == four[place]).sum(axis=0, dtype=np.uint32) << 16
    return np.take_along_axis(four, rank.argmax(axis=0)[None], axis=0)[0]


_MIXING = 40503


def _nearest(length: int, level: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the two rows next to the middle of each pixel's rows; beyond the image its last row."""
    side = scale_of(level)
    below = np.arange(0, length, side) + side // 2
    return np.minimum(below - 1, length - 1), np.minimum(below, length - 1)
