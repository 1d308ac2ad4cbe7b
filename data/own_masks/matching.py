"""Nuclei and cells that were numbered apart: which nucleus is in which cell."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Box = tuple[slice, slice]

_LEAST_PIECE = 0.05
"""A piece with less of an object's pixels is a speck of it."""


def match_nuclei(nuclei: NDArray[np.integer], cells: NDArray[np.uint16]) -> tuple[NDArray[np.uint16], int]:
    """Renumber each nucleus like the cell that has most of it; what lies outside that cell is left out.

    Parameters
    ----------
    nuclei
        (H, W) label image or mask; of one number, each connected piece is a nucleus.
    cells
        (H, W) label image, numbered 1..n.

    Returns
    -------
    nuclei
        (H, W) uint16, within the cells and numbered like them.
    strays
        Nuclei that lie in no cell.
    """
    matched = np.zeros_like(cells)
    strays = 0
    for box, nucleus in _pieces(nuclei):
        overlaps = np.bincount(cells[box][nucleus])
        overlaps[0] = 0
        if not overlaps.any():
            strays += 1
            continue
        cell = int(np.argmax(overlaps))
        matched[box][nucleus & (cells[box] == cell)] = cell
    return matched, strays


def count_pieces(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count the connected pieces of each object of a label image 1..n, specks left out: (n,) int64."""
    counts = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        mask = (labels[box] == number).view(np.uint8)
        areas = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:, cv2.CC_STAT_AREA]
        counts.append(np.count_nonzero(areas >= _LEAST_PIECE * areas.sum()))
    return np.array(counts, np.int64)


def _pieces(labels: NDArray[np.integer]) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """Yield the box and the mask within it of every connected piece of every object."""
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        mask = (labels[box] == number).view(np.uint8)
        count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        top, left = box[0].start, box[1].start
        for piece in range(1, count):
            x, y, w, h = (int(value) for value in stats[piece][:4])
            inner = np.s_[y : y + h, x : x + w]
            outer = np.s_[top + y : top + y + h, left + x : left + x + w]
            yield outer, pieces[inner] == piece
