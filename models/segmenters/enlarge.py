"""Label images from the working size to a field's full size, with smooth outlines."""

import cv2
import numpy as np
from scipy import ndimage

SMOOTHING_PX = 0.8
"""Blur of each outline, in pixels of the working size: takes the steps off and keeps the shape."""


def enlarge_labels(
    nuclei: np.ndarray, cells: np.ndarray, factor: int, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Enlarge nuclei and cells, and number the cells in reading order.

    Parameters
    ----------
    nuclei, cells
        (h, w) int32 label images with the same numbers.
    factor
        Whole number from 1 by which they grow.
    size
        (H, W), the field's size; at most ``factor`` times (h, w).

    Returns
    -------
    nuclei, cells
        (H, W) uint16 label images, numbers 1..n without gaps in the order of the cells' first pixels.
    """
    cells_full = _enlarge(cells, factor, size)
    nuclei_full = _enlarge(nuclei, factor, size)
    nuclei_full[nuclei_full != cells_full] = 0
    numbers = reading_order(nuclei_full, cells_full)
    return numbers[nuclei_full], numbers[cells_full]


def reading_order(nuclei: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Give each cell that has a nucleus its number, 1..n by the first pixel in reading order.

    Parameters
    ----------
    nuclei, cells
        (H, W) uint16 label images with the same numbers.

    Returns
    -------
    np.ndarray
        uint16 table from old to new number; 0 for a cell without nucleus.
    """
    has_nucleus = np.zeros(int(cells.max(initial=0)) + 1, dtype=bool)
    has_nucleus[nuclei.ravel()] = True
    has_nucleus[0] = False
    corners = np.full((has_nucleus.size, 2), np.iinfo(np.int64).max)
    for number, box in enumerate(ndimage.find_objects(cells), start=1):
        if box is not None:
            corners[number] = box[0].start, int(np.argmax(cells[box[0].start] == number))
    order = np.lexsort((corners[:, 1], corners[:, 0]))
    order = order[has_nucleus[order]]
    numbers = np.zeros(has_nucleus.size, np.uint16)
    numbers[order] = np.arange(1, order.size + 1)
    return numbers


def _enlarge(labels: np.ndarray, factor: int, size: tuple[int, int]) -> np.ndarray:
    height, width = labels.shape
    full = np.zeros((height * factor, width * factor), np.uint16)
    strongest = np.full(full.shape, 127, np.uint8)
    margin = 3
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        y0, y1 = max(box[0].start - margin, 0), min(box[0].stop + margin, height)
        x0, x1 = max(box[1].start - margin, 0), min(box[1].stop + margin, width)
        mask = np.where(labels[y0:y1, x0:x1] == number, np.uint8(255), np.uint8(0))
        mask = cv2.GaussianBlur(mask, (0, 0), SMOOTHING_PX, borderType=cv2.BORDER_REPLICATE)
        share = cv2.resize(mask, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
        window = np.s_[y0 * factor : y1 * factor, x0 * factor : x1 * factor]
        wins = share > strongest[window]
        cv2.copyTo(share, wins.view(np.uint8), strongest[window])
        full[window][wins] = number
    return full[: size[0], : size[1]]
