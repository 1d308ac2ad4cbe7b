"""Nuclei from the DNA stain, without a learned model."""

import cv2
import numpy as np
from scipy import ndimage
from skimage.measure import label
from skimage.morphology import reconstruction
from skimage.segmentation import watershed

from models.segmenters.foreground import otsu_threshold, stretch_stain

BLUR_UM = 0.5
"""Smoothing before the threshold: well under a nucleus, over the grain of chromatin."""

LEAST_AREA_UM2 = 20.0
"""Smaller is debris; a small interphase or a metaphase plate seen edge-on is 30 um2 and more."""

LEAST_WIDTH_UM = 2.5
"""Thinner is a fibre or a rim, not a nucleus: a metaphase plate is about 4 um thick."""

NECK_DEPTH_UM = 0.8
"""Two humps of the distance map are two nuclei when the neck is narrower than both by this (on each side)."""

PLATEAU_SHARE = 0.4
"""A nucleus ends where the stain falls below this share of its own plateau, so that dim ones keep their rim
and bright ones lose their blur."""


def find_nuclei(blue: np.ndarray, pixel_um: float) -> np.ndarray:
    """Find the nuclei of a reduced field.

    A threshold for the field finds what is stained at all, a threshold for each object (a share of its own
    plateau) draws its rim, and a watershed on the distance map cuts touching nuclei at their necks.

    Parameters
    ----------
    blue
        (h, w) float32 DNA stain, any scale.
    pixel_um
        Pixel size in micrometres.

    Returns
    -------
    np.ndarray
        (h, w) int32 label image, 0 = background.
    """
    stain = stretch_stain(blue, BLUR_UM / pixel_um)
    if not stain.any():
        return np.zeros(blue.shape, np.int32)
    roots = np.sqrt(stain)
    stained = _trim_to_plateau(stain, roots > otsu_threshold(roots), pixel_um)
    stained = ndimage.binary_fill_holes(_open(stained, LEAST_WIDTH_UM / pixel_um))
    nuclei = _split_at_necks(stained, pixel_um)
    return _drop_debris(nuclei, pixel_um)


def _trim_to_plateau(signal: np.ndarray, stained: np.ndarray, pixel_um: float) -> np.ndarray:
    objects = _split_at_necks(stained, pixel_um)
    count = int(objects.max())
    plateau = np.zeros(count + 1, np.float32)
    for number, box in enumerate(ndimage.find_objects(objects), start=1):
        plateau[number] = np.quantile(signal[box][objects[box] == number], 0.75)
    return stained & (signal > PLATEAU_SHARE * plateau[objects])


def _split_at_necks(stained: np.ndarray, pixel_um: float) -> np.ndarray:
    padded = np.pad(stained, 1, mode="edge")
    distance = cv2.distanceTransform(padded.astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1] * pixel_um
    distance = cv2.GaussianBlur(distance, (0, 0), max(0.5 / pixel_um, 0.5))
    distance[~stained] = 0
    lowered = np.maximum(distance - NECK_DEPTH_UM, 0)
    domes = distance - reconstruction(lowered, distance)
    seeds = label((domes >= NECK_DEPTH_UM * 0.999) & stained, connectivity=2)
    return watershed(-distance, seeds, mask=stained)


def _open(mask: np.ndarray, width_px: float) -> np.ndarray:
    size = max(round(width_px), 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = np.pad(mask.astype(np.uint8), size, mode="edge")
    return cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[size:-size, size:-size].astype(bool)


def _drop_debris(nuclei: np.ndarray, pixel_um: float) -> np.ndarray:
    area_um2 = np.bincount(nuclei.ravel()) * pixel_um**2
    keep = area_um2 >= LEAST_AREA_UM2
    keep[0] = False
    numbers = np.zeros(keep.size, np.int32)
    numbers[keep] = np.arange(1, keep.sum() + 1)
    return numbers[nuclei]
