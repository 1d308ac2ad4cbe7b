"""Cells as outlines: drawing polygons, as QuPath and ImageJ have them, into a label image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from data.errors import InputError

_LEAST_THICKNESS = 3
"""Overlaps that vanish when they are eroded by a square of so many px are the outlines' own width."""


@dataclass(frozen=True)
class Shape:
    """One object.

    Attributes
    ----------
    rings
        Outlines (k, 2), x and y in px from the upper left corner of the image. A pixel belongs to the shape
        where its centre lies within an odd number of them, so a ring inside another one is a hole.
    name
        How the file calls it; for messages.
    """

    rings: Sequence[NDArray[np.float64]]
    name: str


def draw_shapes(shapes: Sequence[Shape], size: tuple[int, int], where: object) -> NDArray[np.uint32]:
    """Draw shapes as a label image (H, W) uint32, in their order; neighbours may share their outline.

    Raises
    ------
    InputError
        A shape lies outside of the image, or two overlap by more than the width of an outline.
    """
    labels = np.zeros(size, np.uint32)
    for number, shape in enumerate(shapes, start=1):
        (top, left), mask = _fill(shape, size)
        window = labels[top : top + mask.shape[0], left : left + mask.shape[1]]
        if not mask.any():
            raise InputError(
                found=f"{shape.name} has no pixel in the image of {size[1]} x {size[0]} px",
                where=where,
                expected="outlines in px of the image",
                advice="check that they were drawn on this image, and that they are not in micrometres",
            )
        overlap = mask & (window > 0)
        if overlap.any() and _is_thick(overlap):
            other = shapes[int(window[overlap].max()) - 1].name
            raise InputError(
                found=f"{other} and {shape.name} overlap by {np.count_nonzero(overlap)} px",
                where=where,
                expected="each pixel in one cell at most",
                advice="redraw one of them, or remove it",
            )
        window[mask & ~overlap] = number
    return labels


def _fill(shape: Shape, size: tuple[int, int]) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """Return the upper left corner of the part of the image that has the shape, and its mask there."""
    points = np.concatenate(shape.rings)
    low = np.clip(np.floor(points.min(axis=0)), 0, [size[1], size[0]]).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)), 0, [size[1], size[0]]).astype(int)
    width, height = np.maximum(high - low, 0)
    mask = np.zeros((height, width), bool)
    for ring in shape.rings:
        # Pixel (y, x) has its centre at (x + 0.5, y + 0.5).
        inside: Any = polygon2mask((height, width), (ring - low - 0.5)[:, ::-1])
        mask ^= inside
    return (int(low[1]), int(low[0])), mask


def _is_thick(overlap: NDArray[np.bool_]) -> bool:
    padded = np.pad(overlap, 1).view(np.uint8)
    return bool(cv2.erode(padded, np.ones((_LEAST_THICKNESS, _LEAST_THICKNESS), np.uint8)).any())
