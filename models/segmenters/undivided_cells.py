"""Cells with several nuclei: parts of a watershed with nothing between them to part them."""

from typing import NamedTuple

import cv2
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NUCLEUS_GAP_UM = 4.0
"""Nuclei of one cell lie closer than this: lobes of one nucleus, or daughters before the cell divides."""

LEAST_CONTACT = 1.5
"""Two parts of one cell meet along a line at least this times the root of the smaller one's area: the halves
of a disk have 1.6, cells that merely touch less than 1."""


class _Contacts(NamedTuple):
    first: np.ndarray
    second: np.ndarray
    length_px: np.ndarray
    brightness: np.ndarray


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
    contacts = _find_contacts(cells, brightness)
    area = np.bincount(cells.ravel(), minlength=count)
    usual = _mean_brightness(nuclei, cells, brightness, count)
    smaller = np.minimum(area[contacts.first], area[contacts.second])
    dimmer = np.minimum(usual[contacts.first], usual[contacts.second])
    undivided = (contacts.brightness > dimmer) & (contacts.length_px >= LEAST_CONTACT * np.sqrt(smaller))
    pairs = [
        (first, second)
        for first, second in zip(contacts.first[undivided], contacts.second[undivided], strict=True)
        if _nuclei_are_close(nuclei, cells, first, second, NUCLEUS_GAP_UM / pixel_um)
    ]
    if not pairs:
        return np.arange(count)
    rows, columns = np.transpose(pairs)
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(count, count))
    groups = connected_components(graph, directed=False)[1]
    first_of_group = np.full(count, count)
    np.minimum.at(first_of_group, groups, np.arange(count))
    return first_of_group[groups]


def _find_contacts(cells: np.ndarray, brightness: np.ndarray) -> _Contacts:
    count = int(cells.max()) + 1
    keys, lights = [], []
    for here, there in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        a, b = cells[here], cells[there]
        meet = (a != b) & (a > 0) & (b > 0)
        low, high = np.minimum(a[meet], b[meet]), np.maximum(a[meet], b[meet])
        keys.append(low.astype(np.int64) * count + high)
        lights.append((brightness[here][meet] + brightness[there][meet]) / 2)
    pairs, place, length = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    light = np.bincount(place, weights=np.concatenate(lights), minlength=pairs.size) / np.maximum(length, 1)
    return _Contacts(*np.divmod(pairs, count), length, light)


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
