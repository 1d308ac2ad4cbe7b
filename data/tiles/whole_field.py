"""A whole field as one tile, for a classifier of images."""

import cv2
import numpy as np
from numpy.typing import NDArray

from data.tiles.cell_tiles import CellTiles


def shrink_field(image: NDArray[np.uint8], size: int) -> CellTiles:
    """Resize a whole field to one square tile, whose mask is the field.

    The proportions stay: a field that is not square lies in the middle, with black beside it that is
    outside the mask. Pixels are averaged where the field shrinks and interpolated linearly where it grows.

    Parameters
    ----------
    image
        (4, H, W) uint8.
    size
        Side of the tile in px.

    Returns
    -------
    CellTiles
        One tile without a nucleus, and the mean of each channel over the field.
    """
    height, width = image.shape[1:]
    scale = size / max(height, width)
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    y0, x0 = (size - inner[0]) // 2, (size - inner[1]) // 2
    place = np.s_[y0 : y0 + inner[0], x0 : x0 + inner[1]]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    tile = CellTiles.blank(1, size)
    for channel, plane in enumerate(image):
        # One plane at a time: no copy of the whole field is made.
        tile.tiles[0, channel][place] = cv2.resize(plane, inner[::-1], interpolation=method)
        tile.mean_intensities[0, channel] = cv2.mean(plane)[0] / 255
    tile.cell_masks[0][place] = True
    return tile
