"""Nuclei from the DNA stain, without a learned model."""

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from models.segmenters.postprocessing.foreground import disk, otsu_threshold, smooth, stretch_stain

NUCLEUS_BLUR_UM = 0.5
"""Smoothing before the threshold: well under a nucleus, over the grain of chromatin."""

OTSU_SHARE = 0.8
"""Otsu's threshold lies between the background and all nuclei; dim nuclei reach below it."""

PLATEAU_SHARE = 0.4
"""A nucleus ends where the stain falls below this share of its own plateau: dim ones keep their rim, and
bright ones lose their blur."""

LEAST_WIDTH_UM = 2.5
"""Thinner is a fibre or a rim: even a metaphase plate seen edge-on is about 4 um thick."""

LEAST_AREA_UM2 = 20.0
"""Smaller is debris: a small nucleus or a metaphase plate has 30 um2 and more."""

LEAST_AREA_AT_BORDER_UM2 = 14.0
"""The same for what the field's border cuts."""

NECK_SHARE = 0.7
"""Two lobes are two nuclei where the neck between them is narrower than this share of the thinner lobe."""

NECK_BLUR_UM = 0.8
"""Smoothing of the distance map, so that a rough rim makes no necks."""


def find_nuclei(blue: np.ndarray, pixel_um: float) -> np.ndarray:
    """Find the nuclei of a field, and part those that touch.

    A threshold for the field finds what is stained at all, one for each object (a share of its own plateau)
    draws its rim, and a watershed on the distance map cuts touching nuclei at their necks.

    Parameters
    ----------
    blue
        (h, w) float32 DNA stain, any scale.
    pixel_um
        Pixel size in micrometres.

    Returns
    -------
    np.ndarray
        (h, w) int32 label image, numbers 1..n, 0 = background. Condensed chromosomes count as a nucleus.
    """
    stain = stretch_stain(blue, NUCLEUS_BLUR_UM / pixel_um)
    if not stain.any():
        return np.zeros(blue.shape, np.int32)
    # The root brings dim and bright nuclei closer before they share a threshold.
    roots = np.sqrt(stain)
    stained = _trim_to_plateau(stain, roots > OTSU_SHARE * otsu_threshold(roots), pixel_um)
    opening = disk(LEAST_WIDTH_UM / 2 / pixel_um)
    margin = max(opening.shape)
    # The field's rim continues beyond it, lest the opening gnaw at the nuclei that it cuts.
    padded = np.pad(stained.astype(np.uint8), margin, mode="edge")
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, opening)[margin:-margin, margin:-margin]
    filled = np.asarray(ndimage.binary_fill_holes(opened), dtype=bool)
    return _drop_debris(_split_at_necks(filled, pixel_um), pixel_um)


def _trim_to_plateau(stain: np.ndarray, stained: np.ndarray, pixel_um: float) -> np.ndarray:
    objects = _split_at_necks(stained, pixel_um)
    plateau = np.zeros(int(objects.max()) + 1, np.float32)
    for number, box in enumerate(ndimage.find_objects(objects), start=1):
        if box is not None:
            plateau[number] = np.quantile(stain[box][objects[box] == number], 0.75)
    return stained & (stain > PLATEAU_SHARE * plateau[objects])


def _split_at_necks(stained: np.ndarray, pixel_um: float) -> np.ndarray:
    distance = cv2.distanceTransform(np.pad(stained, 1, mode="edge").astype(np.uint8), cv2.DIST_L2, 5)
    distance_um = smooth(distance[1:-1, 1:-1] * pixel_um, NECK_BLUR_UM / pixel_um)
    # In the logarithm a neck is told by its width over the lobe's, whatever their size.
    depth = np.log(np.maximum(distance_um, LEAST_WIDTH_UM / 4))
    height = -np.log(NECK_SHARE)
    residue = depth - _reconstruct(np.where(stained, depth - height, depth), depth)
    # A lobe is what stands above its neck; only its rounding errors part it from 0 and from the full height.
    count, lobes = cv2.connectedComponents(((residue > 0.01 * height) & stained).astype(np.uint8))
    high = np.zeros(count, dtype=bool)
    high[np.unique(lobes[residue > 0.99 * height])] = True
    return watershed(-distance_um, np.where(high[lobes], lobes, 0), mask=stained)


def _reconstruct(seed: np.ndarray, ceiling: np.ndarray) -> np.ndarray:
    # Nuclei are a few dozen pixels wide, so that dilating to the end is much faster than sorting all pixels,
    # which skimage.morphology.reconstruction does.
    kernel = np.ones((3, 3), np.uint8)
    while True:
        grown = np.minimum(cv2.dilate(seed, kernel), ceiling)
        if np.array_equal(grown, seed):
            return grown
        seed = grown


def _drop_debris(nuclei: np.ndarray, pixel_um: float) -> np.ndarray:
    area_um2 = np.bincount(nuclei.ravel()) * pixel_um**2
    least = np.full(area_um2.size, LEAST_AREA_UM2)
    rim = np.concatenate([nuclei[0], nuclei[-1], nuclei[:, 0], nuclei[:, -1]])
    least[rim] = LEAST_AREA_AT_BORDER_UM2
    keep = area_um2 >= least
    keep[0] = False
    numbers = np.zeros(keep.size, np.int32)
    numbers[keep] = np.arange(1, keep.sum() + 1)
    return numbers[nuclei]
