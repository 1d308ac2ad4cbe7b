"""Predictions like those of a segmentation network, made from known label images."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

CERTAINTY = 4.0
"""Height of the logits away from every outline."""

UNCERTAIN_PX = 1.5
"""Width of the change from one class to the next."""

GRAIN_PX = 3.0
"""Size of the noise's grains."""


def predict_labels(
    labels: NDArray[np.integer], factor: int, *, border_px: float = 1.5, noise: float = 0.5, seed: int = 0
) -> NDArray[np.uint8]:
    """Predict background, border and inside as a network would that knows the labels, more or less.

    Parameters
    ----------
    labels
        (H, W) label image, 0 = background, at a field's full size.
    factor
        By which the predictions are smaller.
    border_px
        Half the width of the border between labels that touch, in pixels of the predictions; 0 for a network
        that never predicts a border.
    noise
        Standard deviation of what is added to the logits, in grains; their height is 4.
    seed
        Another seed gives other noise.

    Returns
    -------
    ndarray
        (H // factor, W // factor, 3) uint8: background, border, inside.
    """
    height, width = (side // factor for side in labels.shape)
    # The middle of each block.
    small = labels[factor // 2 :: factor, factor // 2 :: factor][:height, :width].astype(np.uint16)
    inside_px = _distance(small > 0) - _distance(small == 0)
    strip_px = border_px - _distance(~_find_contacts(small))
    signed = np.tanh(np.stack([-inside_px, strip_px, inside_px]) / UNCERTAIN_PX)
    logits = CERTAINTY * signed.astype(np.float32)
    logits[1] += CERTAINTY if border_px > 0 else -3 * CERTAINTY
    random = np.random.default_rng(seed)
    for plane in logits:
        grains = cv2.GaussianBlur(random.standard_normal(plane.shape).astype(np.float32), (0, 0), GRAIN_PX)
        plane += grains * np.float32(noise / max(float(grains.std()), 1e-6))
    return np.rint(255 * softmax(logits, axis=0).transpose(1, 2, 0)).astype(np.uint8)


def _distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    if mask.all():
        return np.full(mask.shape, max(mask.shape), np.float32)
    return np.asarray(cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 5), np.float32)


def _find_contacts(labels: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Find the pixels of labels that touch another one."""
    kernel = np.ones((3, 3), np.uint8)
    largest = cv2.dilate(labels, kernel)
    filled = np.where(labels > 0, labels, np.iinfo(np.uint16).max).astype(np.uint16)
    smallest = cv2.erode(filled, kernel)
    return (labels > 0) & (largest != smallest)
