"""Label images from the working size to a field's full size, with smooth outlines."""

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
    height, width = labels.shape
    full = np.zeros((height * factor, width * factor), np.uint16)
    highest = np.zeros(full.shape, np.uint8)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        y0, x0 = (max(side.start - MARGIN_PX, 0) for side in box)
        y1, x1 = (min(side.stop + MARGIN_PX, end) for side, end in zip(box, labels.shape, strict=True))
        value = _enlarge_mask(labels[y0:y1, x0:x1] == number, factor)
        window = np.s_[y0 * factor : y1 * factor, x0 * factor : x1 * factor]
        wins = value > highest[window]
        np.copyto(highest[window], value, where=wins)
        np.copyto(full[window], np.uint16(number), where=wins)
    full[_enlarge_mask(labels > 0, factor) < 128] = 0
    return full[: size[0], : size[1]]


def _enlarge_mask(mask: np.ndarray, factor: int) -> np.ndarray:
    opacity = mask.astype(np.uint8) * np.uint8(255)
    opacity = cv2.GaussianBlur(opacity, (0, 0), SMOOTHING_PX, borderType=cv2.BORDER_REPLICATE)
    size = (mask.shape[1] * factor, mask.shape[0] * factor)
    return cv2.resize(opacity, size, interpolation=cv2.INTER_LINEAR)
