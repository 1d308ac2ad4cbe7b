"""Label images of the cells of a submission."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.masks.label_image import MAX_CELLS, count_pixels
from data.submission.cells import Cell

MAX_PIXELS = 120_000_000
"""Pixels of an image that is laid out, as of those that are read."""


def draw_label_image(
    cells: Sequence[Cell], height: int, width: int, *, where: object
) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Draw the cells of an image, the first as 1; what two share belongs to the more confident one.

    Returns
    -------
    label_image, shown
        (height, width) uint16; and (cells,) how many pixels of each can be seen.

    Raises
    ------
    InputError
        The image is larger than ``MAX_PIXELS``, or has more cells than a label image can hold.
    """
    if height * width > MAX_PIXELS:
        raise InputError(
            found=f"an image of {width} x {height} px", where=where, expected=f"at most {MAX_PIXELS} px"
        )
    if len(cells) > MAX_CELLS:
        raise InputError(found=f"{len(cells)} cells", where=where, expected=f"at most {MAX_CELLS}")
    columns = np.zeros(width * height, np.uint16)
    # The most confident is drawn last; of equal ones, the first.
    order = sorted(range(len(cells)), key=lambda number: (max(cells[number].confidences.values()), -number))
    for number in order:
        for start, end in cells[number].runs.edges.astype(np.int64).reshape(-1, 2).tolist():
            columns[start:end] = number + 1
    label_image = np.ascontiguousarray(columns.reshape(width, height).T)
    return label_image, count_pixels(label_image, len(cells))[1:]
