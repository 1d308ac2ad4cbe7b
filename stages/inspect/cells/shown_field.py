"""A field of a report, or a group of pre-cropped cells, as it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ShownField:
    """A field as it is shown, or a group of pre-cropped cells as a mosaic of their tiles.

    Attributes
    ----------
    page
        Its number in the report, from 1.
    title
        Its ID, or the name of the group.
    image
        (4, H, W) uint8, R G B Y.
    contrast
        (4, 2) grey values that are first shown as black and white.
    labels
        (H, W) the cells' numbers.
    rows, numbers
        (n,) rows of the cells in the cells table, and their numbers in the label image.
    um
        Edge of a pixel in µm; None where it is not known.
    about
        What else is said of it.
    tile_contrasts
        (n, 4, 2) contrast of each cell's tile; by default that of the field.
    boxes
        (n, 4) y0, x0, y1, x1 of the cells; by default those of the cells table.
    """

    page: int
    title: str
    image: NDArray[np.uint8]
    contrast: NDArray[np.float64]
    labels: NDArray[np.uint16]
    rows: NDArray[np.intp]
    numbers: NDArray[np.int32]
    um: float | None = None
    about: Mapping[str, Any] | None = None
    tile_contrasts: NDArray[np.float64] | None = None
    boxes: NDArray[np.int32] | None = None
