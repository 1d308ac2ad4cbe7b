"""Cutting single cells out of a field: square tiles of one size with the masks of cell and nucleus."""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.tile_presets import PRESETS, PresetName, count_halvings

Pixel = TypeVar("Pixel", np.uint8, np.uint16)


def crop_boxes(
    image: NDArray[np.uint8],
    nuclei: NDArray[np.uint16],
    cells: NDArray[np.uint16],
    cell_ids: NDArray[np.integer],
    boxes: NDArray[np.integer],
    *,
    keep_neighbours: bool = False,
    preset: PresetName = "cell",
    pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM,
    widen_masks: bool = True,
) -> CellTiles:
    """Cut a square around each cell out of a field and resize it to a tile.

    The square is that of the preset: by default centred on the cell's box and as long as its longer side.
    Beyond the image it is black; inside, everything outside the cell is black too unless neighbours are kept.

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
    preset
        How large the square and the tile are.
    pixel_size_um
        Edge of a pixel of the field, by which the window of a preset is scaled.
    widen_masks
        Whether the margin of the preset around a cell's mask stays visible, too; the masks of the tiles are
        the cells' own all the same.
    """
    form = PRESETS[preset]
    margin = form.find_margin(pixel_size_um) if widen_masks else 0
    cut = CellTiles.blank(len(cell_ids), form.size)
    for row, (cell_id, box) in enumerate(zip(cell_ids, boxes, strict=True)):
        cut.mean_intensities[row] = _measure_means(image, cells, cell_id, box)
        y0, x0, side = form.find_square(box, pixel_size_um)
        cell_mask = (_window(cells, y0, x0, side) == cell_id).view(np.uint8)
        nucleus_mask = (_window(nuclei, y0, x0, side) == cell_id).view(np.uint8)
        visible = cell_mask if not margin or keep_neighbours else _widen(cell_mask, margin)
        for channel in range(4):
            window = _window(image[channel], y0, x0, side)
            cut.tiles[row, channel] = resize_square(
                window if keep_neighbours else window * visible, form.size
            )
        cut.cell_masks[row] = resize_square(cell_mask * np.uint8(255), form.size) > 127
        cut.nucleus_masks[row] = resize_square(nucleus_mask * np.uint8(255), form.size) > 127
    return cut


def resize_square(window: NDArray[np.uint8], size: int = TILE_SIZE) -> NDArray[np.uint8]:
    """Resize a square (side, side) uint8 to a tile of ``size`` px.

    A side of more than twice the tile's is halved, by averaging, until it is not; then pixels are
    interpolated linearly, so that each contributes. OpenCV averages areas by other factors some ten times as
    slowly.
    """
    side = len(window)
    for _ in range(count_halvings(side, size)):
        side //= 2
        window = cv2.resize(window, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    resized = cv2.resize(window, (size, size), interpolation=cv2.INTER_LINEAR)
    return resized.astype(np.uint8, copy=False)


def _measure_means(
    image: NDArray[np.uint8], cells: NDArray[np.uint16], cell_id: np.integer, box: NDArray[np.integer]
) -> list[float]:
    """Measure the mean of each channel over the whole cell, also where a window shows a part of it."""
    y0, x0, y1, x1 = (int(value) for value in box)
    mask = (cells[y0:y1, x0:x1] == cell_id).view(np.uint8)
    area = cv2.countNonZero(mask)
    return [cv2.sumElems(plane[y0:y1, x0:x1] * mask)[0] / (255 * area) for plane in image]


def _widen(mask: NDArray[np.uint8], margin: int) -> NDArray[np.uint8]:
    square = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
    return cv2.dilate(mask, square).astype(np.uint8, copy=False)


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
