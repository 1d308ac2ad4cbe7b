"""Cutting single cells out of a field: square tiles of one size with the masks of cell and nucleus."""

import math
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from data.tiles.cell_tiles import TILE_SIZE, CellTiles

Pixel = TypeVar("Pixel", np.uint8, np.uint16)


def crop_boxes(
    image: NDArray[np.uint8],
    nuclei: NDArray[np.uint16],
    cells: NDArray[np.uint16],
    cell_ids: NDArray[np.integer],
    boxes: NDArray[np.integer],
    *,
    keep_neighbours: bool = False,
) -> CellTiles:
    """Cut cells out of a field, pad each to a square and resize it to 256 px.

    The square is centred on the cell's box and as long as the box's longer side. Beyond the image it is
    black; inside, everything outside the cell is black too unless neighbours are kept.

    Parameters
    ----------
    image
        (4, H, W) uint8.
    nuclei, cells
        (H, W) label images.
    cell_ids
        (n,) the cells to cut, by number.
    boxes
        (n, 4) their half-open boxes y0 x0 y1 x1, in px.
    keep_neighbours
        Whether what lies outside the cell's mask stays visible.
    """
    cut = CellTiles.blank(len(cell_ids))
    for row, (cell_id, box) in enumerate(zip(cell_ids, boxes, strict=True)):
        y0, x0, side = find_square(box)
        cell_mask = (_window(cells, y0, x0, side) == cell_id).view(np.uint8)
        nucleus_mask = (_window(nuclei, y0, x0, side) == cell_id).view(np.uint8)
        area = cv2.countNonZero(cell_mask)
        for channel in range(4):
            window = _window(image[channel], y0, x0, side)
            inside = window * cell_mask
            cut.mean_intensities[row, channel] = cv2.sumElems(inside)[0] / (255 * area)
            cut.tiles[row, channel] = resize_square(window if keep_neighbours else inside)
        cut.cell_masks[row] = resize_square(cell_mask * np.uint8(255)) > 127
        cut.nucleus_masks[row] = resize_square(nucleus_mask * np.uint8(255)) > 127
    return cut


def find_square(box: NDArray[np.integer]) -> tuple[int, int, int]:
    """Find the square around a half-open box: its first row and column, which may be negative, and its side.

    The side is rounded up to a multiple of the power of two by which ``resize_square`` first shrinks.
    """
    y0, x0, y1, x1 = (int(value) for value in box)
    side = max(y1 - y0, x1 - x0)
    step = 2 ** _halvings(side)
    side = -(-side // step) * step
    return y0 - (side - (y1 - y0)) // 2, x0 - (side - (x1 - x0)) // 2, side


def resize_square(window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize a square (side, side) uint8 to a tile's 256 px.

    A side of more than twice the tile's is halved, by averaging, until it is not; then pixels are
    interpolated linearly, so that each contributes. OpenCV averages areas by other factors some ten times as
    slowly.
    """
    side = len(window)
    for _ in range(_halvings(side)):
        side //= 2
        window = cv2.resize(window, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    resized = cv2.resize(window, (TILE_SIZE, TILE_SIZE), interpolation=cv2.INTER_LINEAR)
    return resized.astype(np.uint8, copy=False)


def _halvings(side: int) -> int:
    """Count how often a side must be halved to be at most twice the tile's."""
    return max(0, math.ceil(math.log2(side / (2 * TILE_SIZE))))


def _window(plane: NDArray[Pixel], y0: int, x0: int, side: int) -> NDArray[Pixel]:
    """Take a square window of a plane, black where it reaches beyond; a view where it does not."""
    height, width = plane.shape
    top, left = max(y0, 0), max(x0, 0)
    bottom, right = min(y0 + side, height), min(x0 + side, width)
    inside = plane[top:bottom, left:right]
    if inside.shape == (side, side):
        return inside
    window = np.zeros((side, side), plane.dtype)
    window[top - y0 : bottom - y0, left - x0 : right - x0] = inside
    return window
