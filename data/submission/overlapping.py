"""Masks of one image that share pixels, found in their run lengths."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.score.mask_overlap import MaskRuns, intersection_area

_MAX_COMPARED = 20_000
"""Pairs of an image that are compared pixel by pixel, which takes a second."""


class SharedPixels(NamedTuple):
    """Pairs of masks that share pixels.

    Attributes
    ----------
    pairs
        Numbers of two masks, the first one lower, and how many pixels they share; in the order of the second.
    is_complete
        False where so many boxes lie over each other that not all pairs were compared.
    """

    pairs: list[tuple[int, int, int]]
    is_complete: bool


def find_shared(masks: Sequence[MaskRuns]) -> SharedPixels:
    """Find the pairs of masks that share pixels.

    Parameters
    ----------
    masks
        Masks of one image.
    """
    pairs: list[tuple[int, int, int]] = []
    involved = _find_involved(masks)
    boxes = np.array([masks[number].box for number in involved], np.int64).reshape(-1, 4)
    compared = 0
    for place, second in enumerate(involved):
        low = np.maximum(boxes[:place, :2], boxes[place, :2])
        high = np.minimum(boxes[:place, 2:], boxes[place, 2:])
        for other in np.flatnonzero((low < high).all(axis=1)).tolist():
            compared += 1
            if compared > _MAX_COMPARED:
                return SharedPixels(pairs, is_complete=False)
            pixels = intersection_area(masks[involved[other]], masks[second])
            if pixels:
                pairs.append((involved[other], second, pixels))
    return SharedPixels(pairs, is_complete=True)


def _find_involved(masks: Sequence[MaskRuns]) -> list[int]:
    """Find the masks that have a pixel which another has, too."""
    numbers = np.repeat(np.arange(len(masks)), [len(mask.edges) // 2 for mask in masks])
    if not numbers.size:
        return []
    edges = np.concatenate([mask.edges for mask in masks])
    order = np.argsort(edges[::2], kind="stable")
    starts, ends, numbers = edges[::2][order], edges[1::2][order], numbers[order]
    return sorted(set(numbers[_touch_others(starts, ends)].tolist()))


def _touch_others(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Find the stretches, sorted by their starts, that share a pixel with any other."""
    reached = np.maximum.accumulate(ends)
    inside = np.zeros(len(starts), bool)
    inside[1:] = starts[1:] < reached[:-1]
    # The next stretch to begin does so before this one ends.
    covers = np.zeros(len(starts), bool)
    covers[:-1] = starts[1:] < ends[:-1]
    return inside | covers
