"""What a segmentation network learns to predict of a field: maps from which cells are found again."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MAPS = ("nucleus", "core", "cell", "contact", "depth")
"""The maps, in order. All lie in 0..1:

nucleus
    1 in nuclei.
core
    1 in the inner part of each nucleus, so that nuclei that touch have cores apart.
cell
    1 in cells.
contact
    1 in the strip along which two cells meet.
depth
    In cells, how far the cell's own border is: tanh(distance / `DEPTH_UM`).
"""

CORE_UM, CORE_SHARE = 0.9, 0.4
"""A nucleus's core is what lies deeper in it than this, or in a thin one than this share of its deepest
place: deep enough to part nuclei that touch, not so deep as to part the lobes of one."""

CONTACT_UM = 0.64
"""Half the width of the strip between two cells."""

DEPTH_UM = 4.0
"""The distance from the border at which depth comes near to its end: a quarter of a cell's radius."""


@dataclass(frozen=True)
class Targets:
    """The maps of a crop.

    Attributes
    ----------
    maps
        (5, h, w) float32 in the order of `MAPS`.
    weight
        (h, w) float32, 0 where nothing is known and in cells whose nucleus lies outside the crop.
    """

    maps: NDArray[np.float32]
    weight: NDArray[np.float32]


def make_targets(
    nuclei: NDArray[np.int32], cells: NDArray[np.int32], known: NDArray[np.bool_], pixel_um: float
) -> Targets:
    """Make the maps of a crop.

    Parameters
    ----------
    nuclei, cells
        (h, w) label images with the same numbers.
    known
        (h, w) False outside the field.
    pixel_um
        Pixel size in micrometres.
    """
    count = int(cells.max(initial=0)) + 1
    has_nucleus = np.zeros(count, dtype=bool)
    has_nucleus[np.unique(nuclei)] = True
    has_nucleus[0] = True
    maps = np.zeros((len(MAPS), *cells.shape), np.float32)
    maps[0] = nuclei > 0
    maps[1] = _find_cores(nuclei, pixel_um)
    maps[2] = cells > 0
    maps[3] = _find_contacts(cells, pixel_um)
    maps[4] = np.tanh(distance_to_border(cells) * pixel_um / DEPTH_UM) * (cells > 0)
    return Targets(maps, (known & has_nucleus[cells]).astype(np.float32))


def _find_cores(nuclei: NDArray[np.int32], pixel_um: float) -> NDArray[np.bool_]:
    # Nuclei of one cell bear one number; those that lie apart have cores of their own.
    distance = distance_to_border(nuclei)
    inner = ((nuclei > 0) & (distance > 0)).astype(np.uint8)
    parts = np.asarray(cv2.connectedComponents(inner, connectivity=4)[1], np.int32)
    deepest = np.asarray(ndimage.maximum(distance, parts, np.arange(parts.max() + 1)), np.float32)
    return (parts > 0) & (distance > np.minimum(CORE_UM / pixel_um, CORE_SHARE * deepest)[parts])


def distance_to_border(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return how far each pixel of a label image (h, w) lies from the border of its own label, in px."""
    # The border of the crop is none: what it cuts goes on beyond.
    padded = np.pad(labels, 1, mode="edge").astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    inner = (cv2.dilate(padded, kernel) == cv2.erode(padded, kernel)) & (padded > 0)
    return cv2.distanceTransform(inner.astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]


def _find_contacts(cells: NDArray[np.int32], pixel_um: float) -> NDArray[np.bool_]:
    side = 2 * max(round(CONTACT_UM / pixel_um), 1) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    numbers = cells.astype(np.float32)
    highest = cv2.dilate(numbers, kernel)
    numbers[numbers == 0] = np.inf
    lowest = cv2.erode(numbers, kernel)
    return np.isfinite(lowest) & (highest > lowest)
