"""Masks of a pre-cropped cell: what of its picture is not black, and its nucleus."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from data.cells.precropped.neighbour_signs import find_neighbour_signs
from data.channels import CHANNELS
from data.errors import InputError

BLACK_LEVEL = 6
"""Grey value up to which a pixel counts as black: compressed files ring by some five levels there."""

_BLUE = CHANNELS.index("blue")
_MEDIAN_PX = 5
_NUCLEUS_BLUR_PX = 2.0
_OPENING_PX = 5
_LEAST_PART = 0.3


def find_cell_mask(picture: NDArray[np.uint8], *, where: object, trust: bool = False) -> NDArray[np.bool_]:
    """Find the cell in a picture whose other pixels were made black.

    What is brighter than ``BLACK_LEVEL`` in any channel is the cell, holes included. Of several pieces the
    one with the most nuclear stain is taken, because the straight cuts between two nuclei leave slivers of
    neighbours.

    Parameters
    ----------
    picture
        (4, H, W) uint8, R G B Y.
    where
        Which cell, for the message.
    trust
        Whether the picture is taken for one cell whatever it looks like.

    Returns
    -------
    ndarray (H, W)
        bool, with at least one pixel.

    Raises
    ------
    InputError
        Everything is black, or neighbours seem to show (``data.cells.precropped.neighbour_signs``).
    """
    brightest = cv2.medianBlur(np.ascontiguousarray(picture.max(axis=0)), _MEDIAN_PX)
    bright = (brightest > BLACK_LEVEL).astype(np.uint8)
    bright = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, _ellipse(_MEDIAN_PX)).astype(np.uint8)
    count, pieces = cv2.connectedComponents(_fill_holes(bright), connectivity=4)
    if count == 1:
        raise InputError(found="all black", where=where, expected="a cell on a black ground")
    # One grey level more, so that the largest piece is taken where there is no nuclear stain at all.
    stain = np.bincount(pieces.ravel(), weights=picture[_BLUE].ravel() + 1.0)
    mask = pieces == np.argmax(stain[1:]) + 1
    nuclei = find_nucleus_mask(picture[_BLUE], mask)
    signs = "" if trust else find_neighbour_signs(picture, mask, nuclei, pieces, BLACK_LEVEL)
    if signs:
        raise InputError(
            found=f"neighbours seem to show: {signs}",
            where=where,
            expected="a picture of one cell, black around it, or a mask",
            advice="name the masks in a column mask of the index, cut the cells with their masks, or, where "
            "each picture does show one cell, give --set crops.infer_masks=always",
        )
    return mask


def find_nucleus_mask(blue: NDArray[np.uint8], cell: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the nucleus, or the nuclei, of one cell: what Otsu's threshold of the blurred stain parts from it.

    Parameters
    ----------
    blue
        (H, W) uint8.
    cell
        (H, W) bool, with at least one pixel.

    Returns
    -------
    ndarray (H, W)
        bool, within the cell; empty where the stain does not vary.
    """
    blurred = cv2.GaussianBlur(blue, (0, 0), _NUCLEUS_BLUR_PX)
    stained = ((blurred > threshold_otsu(blurred[cell])) & cell).astype(np.uint8)
    opened = cv2.morphologyEx(stained, cv2.MORPH_OPEN, _ellipse(_OPENING_PX)).astype(np.uint8)
    _, pieces = cv2.connectedComponents(_fill_holes(opened), connectivity=4)
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    parts = np.flatnonzero(areas >= max(_LEAST_PART * areas.max(), 1))
    return np.isin(pieces, parts) & cell


def _fill_holes(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(ndimage.binary_fill_holes(mask), np.uint8)


def _ellipse(side: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)).astype(np.uint8)
