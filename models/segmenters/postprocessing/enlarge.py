"""Label images from the working size to a field's full size, with smooth outlines."""

import math

import cv2
import numpy as np
from scipy import ndimage

SMOOTHING_PX = 0.8
"""Blur of each outline, in pixels of the working size: takes the steps off and keeps the shape."""

MARGIN_PX = 3
"""Room for that blur around a label's box."""


def enlarge_labels(labels: np.ndarray, factor: int, size: tuple[int, int]) -> np.ndarray:
    """Enlarge a label image so that outlines are curves and no staircases.

    The mask of each label is blurred a little and interpolated within its box; a pixel goes to the label with
    the highest value there, or to the background where all labels together have less than half.

    Parameters
    ----------
    labels
        (h, w) integer label image, numbers up to 65,535.
    factor
        Whole number from 1 by which it grows.
    size
        (H, W) of the result; at most ``factor`` times (h, w), the rest is cut off.

    Returns
    -------
    np.ndarray
        (H, W) uint16 label image.
    """
    return _draw_smoothly(labels, (factor, factor), size)


def resize_labels(labels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a whole label image to another size, with outlines as smooth as those of `enlarge_labels`.

    Parameters
    ----------
    labels
        (h, w) integer label image, numbers up to 65,535.
    size
        (H, W) of the result; need not be a multiple of (h, w).

    Returns
    -------
    np.ndarray
        (H, W) uint16 label image.
    """
    if size == labels.shape:
        return labels.astype(np.uint16)
    height, width = labels.shape
    return _draw_smoothly(labels, (size[0] / height, size[1] / width), size)


def _draw_smoothly(labels: np.ndarray, factors: tuple[float, float], size: tuple[int, int]) -> np.ndarray:
    full = np.zeros(size, np.uint16)
    highest = np.zeros(size, np.uint8)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        y0, x0 = (max(side.start - MARGIN_PX, 0) for side in box)
        y1, x1 = (min(side.stop + MARGIN_PX, end) for side, end in zip(box, labels.shape, strict=True))
        mask = labels[y0:y1, x0:x1] == number
        window = tuple(
            slice(int(start * factor), min(math.ceil(stop * factor), end))
            for start, stop, factor, end in zip((y0, x0), (y1, x1), factors, size, strict=True)
        )
        value = _enlarge_mask(mask, (y0, x0), window, factors)
        wins = value > highest[window]
        np.copyto(highest[window], value, where=wins)
        np.copyto(full[window], np.uint16(number), where=wins)
    whole = (slice(0, size[0]), slice(0, size[1]))
    full[_enlarge_mask(labels > 0, (0, 0), whole, factors) < 128] = 0
    return full


def _enlarge_mask(
    mask: np.ndarray, origin: tuple[int, int], window: tuple[slice, ...], factors: tuple[float, float]
) -> np.ndarray:
    """Draw the part of a mask, which begins at `origin`, that falls into a window of the enlarged image."""
    opacity = mask.astype(np.uint8) * np.uint8(255)
    opacity = cv2.GaussianBlur(opacity, (0, 0), SMOOTHING_PX, borderType=cv2.BORDER_REPLICATE)
    height, width = (side.stop - side.start for side in window)
    if all(factor == int(factor) for factor in factors):
        enlarged = (mask.shape[1] * int(factors[1]), mask.shape[0] * int(factors[0]))
        return cv2.resize(opacity, enlarged, interpolation=cv2.INTER_LINEAR)[:height, :width]
    scales = [1 / factor for factor in factors]
    # The centre of pixel p lies at p + 0.5.
    shifts = [
        (side.start + 0.5) * scale - 0.5 - start
        for side, scale, start in zip(window, scales, origin, strict=True)
    ]
    to_mask = np.array([[scales[1], 0, shifts[1]], [0, scales[0], shifts[0]]])
    options = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(opacity, to_mask, (width, height), flags=options, borderMode=cv2.BORDER_REPLICATE)
