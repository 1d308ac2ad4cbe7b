"""Masks whose pixels were numbered along the rows, in place of down the columns.

Where an image is as high as it is wide, such a mask is a whole cell mirrored at the diagonal, and nothing in
it shows that; only another mask of the same cell does. Otherwise its rows come to lie askew.
"""

import numpy as np

from data.score.mask_overlap import MaskRuns, intersection_area, mask_from_runs

_MIN_RATIO = 1.8
"""How many times as many pixels must have no right neighbour as there would be in a row-major mask: twice as
many have in an image that is twice as high as wide."""

_MIN_DIFFERENCE = 8
"""By how many px height and width must differ: by fewer, a long oblique cell could be either."""

_MIN_PIXELS = 12
"""By how many pixels these must differ at least: of fewer, cells of a few pixels are made."""

_MAX_AREA = 2**24
"""Pixels of a mask that are turned one by one."""


def looks_row_major(mask: MaskRuns, height: int, width: int) -> bool:
    """Check whether the pixels of a mask lie together only where they are numbered along the rows.

    In a cell nearly every pixel has a right neighbour, but for its right border: pixel p has p + height.
    Numbered along the rows, the neighbour below is p + width. False where the image is a square, or nearly
    so, or the mask fits both.
    """
    if abs(height - width) < _MIN_DIFFERENCE or not mask.area:
        return False
    as_columns, as_rows = (mask.area - _count_neighbours(mask, step) for step in (height, width))
    return as_columns >= _MIN_RATIO * as_rows and as_columns - as_rows >= _MIN_PIXELS


def read_row_major(mask: MaskRuns, height: int, width: int) -> MaskRuns | None:
    """Read the pixels of a mask as if they were numbered along the rows; None of far too large a mask."""
    if not mask.area:
        return mask
    if mask.area > _MAX_AREA:
        return None
    starts, lengths = mask.edges[::2].astype(np.int64), np.diff(mask.edges)[::2].astype(np.int64)
    pixels = np.arange(mask.area) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
    turned = np.sort(pixels % width * height + pixels // width)
    breaks = np.flatnonzero(np.diff(turned) > 1)
    first = np.concatenate((turned[:1], turned[breaks + 1]))
    after = np.concatenate((turned[breaks], turned[-1:])) + 1
    edges = np.column_stack((first, after)).ravel()
    runs = np.diff(np.concatenate(([0], edges, [height * width])))
    return mask_from_runs(runs, height)


def _count_neighbours(mask: MaskRuns, step: int) -> int:
    moved = MaskRuns(mask.edges + step, mask.area, mask.box)
    return intersection_area(mask, moved)
