"""Cells with several nuclei: parts of a watershed with nothing between them to part them."""

import cv2
import numpy as np

from models.segmenters.postprocessing.contacts import find_contacts, join_pairs

NUCLEUS_GAP_UM = 4.0
"""Nuclei of one cell lie closer than this: lobes of one nucleus, or daughters before the cell divides."""

LEAST_CONTACT = 1.5
"""Two parts of one cell meet along a line at least this times the root of the smaller one's area: the halves
of a disk have 1.6, cells that merely touch less than 1."""


def join_undivided_cells(
    nuclei: np.ndarray, cells: np.ndarray, brightness: np.ndarray, pixel_um: float
) -> np.ndarray:
    """Find which neighbours are one cell: close nuclei, a long contact, and no dark line along it.

    Parameters
    ----------
    nuclei, cells
        (h, w) int32 label images with the same numbers.
    brightness
        (h, w) float32, logarithm of the stains of the cytoplasm.
    pixel_um
        Pixel size in micrometres.

    Returns
    -------
    np.ndarray
        Table from each number to the number of the cell to which it belongs; 0 stays 0.
    """
    count = int(cells.max()) + 1
    contacts = find_contacts(cells, brightness)
    area = np.bincount(cells.ravel(), minlength=count)
    usual = _mean_brightness(nuclei, cells, brightness, count)
    smaller = np.minimum(area[contacts.first], area[contacts.second])
    dimmer = np.minimum(usual[contacts.first], usual[contacts.second])
    undivided = (contacts.height > dimmer) & (contacts.length_px >= LEAST_CONTACT * np.sqrt(smaller))
    pairs = [
        (first, second)
        for first, second in zip(contacts.first[undivided], contacts.second[undivided], strict=True)
        if _nuclei_are_close(nuclei, cells, first, second, NUCLEUS_GAP_UM / pixel_um)
    ]
    joined = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return join_pairs(joined[:, 0], joined[:, 1], count)


def _mean_brightness(nuclei: np.ndarray, cells: np.ndarray, brightness: np.ndarray, count: int) -> np.ndarray:
    numbers = np.where(nuclei > 0, 0, cells).ravel()
    pixels = np.bincount(numbers, minlength=count)
    return np.bincount(numbers, weights=brightness.ravel(), minlength=count) / np.maximum(pixels, 1)


def _nuclei_are_close(
    nuclei: np.ndarray, cells: np.ndarray, first: int, second: int, reach_px: float
) -> bool:
    rows, columns = np.nonzero((cells == first) | (cells == second))
    window = nuclei[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    distance = cv2.distanceTransform((window != first).astype(np.uint8), cv2.DIST_L2, 5)
    return bool(distance[window == second].min(initial=np.inf) <= reach_px)
