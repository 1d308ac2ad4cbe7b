"""Cell bodies around their nuclei, from the microtubule and ER stains, without a learned model."""

import cv2
import numpy as np
from skimage.segmentation import watershed

from models.segmenters.foreground import otsu_threshold, stretch_stain

BLUR_UM = 0.8
"""Smoothing that closes the gaps between microtubules and keeps the gaps between cells."""

RIM_UM = 1.0
"""Cytoplasm that a cell has around its nucleus even where neither stain shows it."""

LOG_OFFSET = 0.03
"""Share of the brightest stain under which differences stop to count."""

LEAST_CONTRAST = 0.7
"""Cells are at least twice (e to the power of 0.7) as bright as the gaps between them; else there is no gap."""

NUCLEUS_REACH_UM = 12.0
"""Distance from the nucleus over which the watershed's landscape climbs as much as from the brightest to the
darkest cytoplasm."""


def find_cell_bodies(red: np.ndarray, yellow: np.ndarray, nuclei: np.ndarray, pixel_um: float) -> np.ndarray:
    """Grow each nucleus to its cell.

    Parameters
    ----------
    red, yellow
        (h, w) float32 microtubule and ER stain, any scale; either may be empty.
    nuclei
        (h, w) int32 label image of the nuclei.
    pixel_um
        Pixel size in micrometres.

    Returns
    -------
    np.ndarray
        (h, w) int32 label image with the numbers of `nuclei`; each cell is connected, without holes, and holds
        its nucleus.
    """
    outside_um = cv2.distanceTransform((nuclei == 0).astype(np.uint8), cv2.DIST_L2, 5) * pixel_um
    density = (stretch_stain(red, BLUR_UM / pixel_um) + stretch_stain(yellow, BLUR_UM / pixel_um)) / 2
    stained = (outside_um < RIM_UM) | _find_foreground(density)
    landscape = outside_um / NUCLEUS_REACH_UM - np.sqrt(density)
    landscape[nuclei > 0] = landscape.min() - 1
    return watershed(landscape, nuclei, mask=stained)


def _find_foreground(density: np.ndarray) -> np.ndarray:
    logarithm = np.log(density + LOG_OFFSET)
    if logarithm.max() - logarithm.min() < LEAST_CONTRAST:
        return np.ones(density.shape, dtype=bool)
    above = logarithm > otsu_threshold(logarithm)
    if logarithm[above].mean() - logarithm[~above].mean() < LEAST_CONTRAST:
        return np.ones(density.shape, dtype=bool)
    return above
