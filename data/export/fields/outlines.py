"""The outline of a mask as one polygon that touches neither itself nor its holes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours

_EIGHT_NEIGHBOURS = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Outline:
    """The outline of the largest part of a mask.

    Attributes
    ----------
    rings
        Closed rings (k, 2) float64, x and y in px from the upper left corner of the image, multiples of 0.5:
        the outer one, counterclockwise where y points up, then the holes, clockwise. No two of them touch,
        and exactly the pixels of the part have their centres inside.
    mask
        (H, W) bool: the pixels of that part.
    parts
        How many parts the mask has; pixels that touch at a corner are in one.
    """

    rings: list[NDArray[np.float64]]
    mask: NDArray[np.bool_]
    parts: int


def trace_outline(mask: NDArray[np.bool_], x: int = 0, y: int = 0) -> Outline | None:
    """Trace the outline of a mask through the middles of its pixels' edges.

    Outlines along the edges themselves would touch where two pixels share only a corner.

    Parameters
    ----------
    mask
        (H, W) bool.
    x, y
        Where in the image its first pixel lies.

    Returns
    -------
    Outline or None
        None of a mask without pixels.
    """
    labelled: Any = ndimage.label(mask, _EIGHT_NEIGHBOURS)
    labels, parts = labelled
    if parts == 0:
        return None
    largest = int(np.bincount(labels.ravel())[1:].argmax()) + 1 if parts > 1 else 1
    part = labels == largest
    # At the border of the mask, too, the outline is to be closed. Pixel (0, 0) has its centre at (0.5, 0.5).
    contours = find_contours(np.pad(part, 1).astype(np.float64), 0.5, fully_connected="high")
    rings = [_simplify(contour[:, ::-1] - 0.5 + (x, y)) for contour in contours]
    areas = [_signed_area(ring) for ring in rings]
    outer = int(np.argmax(np.abs(areas)))
    ordered = [outer, *(number for number in range(len(rings)) if number != outer)]
    oriented = [
        rings[number] if (areas[number] > 0) == (number == outer) else rings[number][::-1]
        for number in ordered
    ]
    return Outline(oriented, part, parts)


def _simplify(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out the points of a closed ring at which it does not turn; the result is closed, too."""
    points = ring[:-1]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    corners = points[turns]
    return np.concatenate([corners, corners[:1]])


def _signed_area(ring: NDArray[np.float64]) -> float:
    # About a point of the ring, so that numbers stay small and exact.
    x, y = (ring - ring[0]).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2
