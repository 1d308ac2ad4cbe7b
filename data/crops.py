"""Cutting single cells out of a field: square tiles of one size with the masks of cell and nucleus."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from data.cell_tiles import TILE_SIZE, CellTiles

Pixel = TypeVar("Pixel", np.uint8, np.uint16)


def cut_cells(
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
    black; inside, everything outside the cell is black too unless neighbours are kept. Shrinking averages
    areas, enlarging interpolates linearly; a mask pixel belongs to the cell that covers most of it.

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
        y0, x0, side = _square(box)
        cell_mask = _window(cells, y0, x0, side) == cell_id
        nucleus_mask = _window(nuclei, y0, x0, side) == cell_id
        cell_bytes = cell_mask.view(np.uint8)
        for channel in range(4):
            window = _window(image[channel], y0, x0, side)
            cut.mean_intensities[row, channel] = cv2.mean(window, cell_bytes)[0] / 255
            if not keep_neighbours:
                window = window * cell_bytes
            cut.tiles[row, channel] = _resize(window)
        cut.cell_masks[row] = _resize(cell_bytes * 255) > 127
        cut.nucleus_masks[row] = _resize(nucleus_mask.view(np.uint8) * 255) > 127
    return cut


def _square(box: NDArray[np.integer]) -> tuple[int, int, int]:
    y0, x0, y1, x1 = (int(value) for value in box)
    side = max(y1 - y0, x1 - x0)
    return y0 - (side - (y1 - y0)) // 2, x0 - (side - (x1 - x0)) // 2, side


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


def _resize(window: NDArray[np.uint8]) -> NDArray[np.uint8]:
    interpolation = cv2.INTER_AREA if len(window) > TILE_SIZE else cv2.INTER_LINEAR
    resized = cv2.resize(window, (TILE_SIZE, TILE_SIZE), interpolation=interpolation)
    return resized.astype(np.uint8, copy=False)
