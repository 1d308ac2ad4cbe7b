"""The nuclei of cells whose outlines are known."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

BLUR_UM = 0.5
"""Smoothing of the nuclear stain: well under a nucleus, over the grain of chromatin."""

OPENING_UM = 1.0
"""Radius of what is taken off as specks and fibres."""


def find_known_nuclei(
    blue: NDArray[np.float32], cells: NDArray[np.int32], pixel_um: float
) -> NDArray[np.int32]:
    """Find the nucleus in each of the known cells, by Otsu's threshold within the cell.

    Parameters
    ----------
    blue
        (h, w) float32 nuclear stain, any scale.
    cells
        (h, w) label image.
    pixel_um
        Pixel size in micrometres.

    Returns
    -------
    ndarray
        (h, w) int32 label image: every nucleus with its cell's number. A cell may have several, or none
        where nothing in it stands out.
    """
    smoothed = np.asarray(cv2.GaussianBlur(blue, (0, 0), max(BLUR_UM / pixel_um, 0.3)), np.float32)
    radius = max(round(OPENING_UM / pixel_um), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    nuclei = np.zeros(cells.shape, np.int32)
    for number, box in enumerate(ndimage.find_objects(cells), start=1):
        if box is None:
            continue
        cell_mask = cells[box] == number
        mask = cv2.morphologyEx(_above_otsu(smoothed[box], cell_mask), cv2.MORPH_OPEN, kernel)
        filled = np.asarray(ndimage.binary_fill_holes(mask), dtype=bool)
        nuclei[box][filled & cell_mask] = number
    return nuclei


def _above_otsu(stain: NDArray[np.float32], cell_mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    values = stain[cell_mask]
    low, high = float(values.min()), float(np.quantile(values, 0.995))
    if high <= low:
        return np.zeros(stain.shape, np.uint8)
    grey = np.clip((values - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    scaled = np.clip((stain - low) / (high - low) * 255, 0, 255)
    return ((scaled > threshold * 0.9) & cell_mask).astype(np.uint8)
