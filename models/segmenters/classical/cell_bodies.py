"""Cell bodies around their nuclei, from the microtubule and ER stains, without a learned model."""

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from models.segmenters.classical.undivided_cells import join_undivided_cells
from models.segmenters.postprocessing.foreground import disk, otsu_threshold, stretch_stain

BODY_BLUR_UM = 0.7
"""Smoothing for the foreground: closes the gaps between microtubules, keeps those between cells."""

VALLEY_BLUR_UM = 0.5
"""Smoothing for the landscape: keeps the dark line between two cells that touch."""

RIM_UM = 1.0
"""Cytoplasm that a cell has around its nucleus even where neither stain shows it."""

LOG_OFFSET = 0.03
"""Share of the brightest stain below which differences stop to count, as noise and blur are of this size."""

BELOW_OTSU = 0.15
"""How far, in the logarithm, cells reach below Otsu's threshold: their rim is thin and so dim."""

LEAST_CONTRAST = 0.7
"""Cells are twice (e to the power of 0.7) as bright as the gaps between them, or the field has no gaps."""

CLOSING_UM, OPENING_UM = 0.6, 1.0
"""Radii: clefts between bundles of microtubules are closed, fibres and debris at the rim taken off."""

NUCLEUS_REACH_UM = 20.0
"""Distance from the nucleus that counts as much as a stain weaker by a factor e."""


def find_cell_bodies(
    red: np.ndarray, yellow: np.ndarray, nuclei: np.ndarray, pixel_um: float
) -> tuple[np.ndarray, np.ndarray]:
    """Grow each nucleus to its cell, and give nuclei that share a cell one number.

    A watershed seeded with the nuclei floods the stained area in the order of a landscape that rises with the
    distance from the nuclei and with the logarithm of how weak the stains are, so that cells meet in the dark
    line between them, or half-way where there is none. Cells with no such line between them are joined.

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
    nuclei, cells
        (h, w) int32 label images with the same numbers, perhaps with gaps. Each cell is 4-connected, has no
        holes, and holds its nuclei.
    """
    outside_um = cv2.distanceTransform((nuclei == 0).astype(np.uint8), cv2.DIST_L2, 5) * pixel_um
    stained = (outside_um < RIM_UM) | _find_foreground(
        _density(red, yellow, BODY_BLUR_UM / pixel_um), pixel_um
    )
    brightness = np.log(_density(red, yellow, VALLEY_BLUR_UM / pixel_um) + LOG_OFFSET)
    landscape = outside_um / NUCLEUS_REACH_UM - brightness
    # Below all else, so that every nucleus is flooded before any cytoplasm and stays whole.
    landscape[nuclei > 0] = landscape.min() - 1
    cells = watershed(landscape, nuclei, mask=stained)
    owners = join_undivided_cells(nuclei, cells, brightness, pixel_um)
    cells = _fill_holes(owners[cells])
    return np.where(nuclei > 0, cells, 0), cells


def _density(red: np.ndarray, yellow: np.ndarray, blur_px: float) -> np.ndarray:
    return (stretch_stain(red, blur_px) + stretch_stain(yellow, blur_px)) / 2


def _find_foreground(density: np.ndarray, pixel_um: float) -> np.ndarray:
    logarithm = np.log(density + LOG_OFFSET)
    everywhere = np.ones(density.shape, dtype=bool)
    if logarithm.max() - logarithm.min() < LEAST_CONTRAST:
        return everywhere
    threshold = otsu_threshold(logarithm)
    above = logarithm > threshold
    if logarithm[above].mean() - logarithm[~above].mean() < LEAST_CONTRAST:
        return everywhere
    closing, opening = disk(CLOSING_UM / pixel_um), disk(OPENING_UM / pixel_um)
    margin = max(opening.shape)
    # The field's rim continues beyond it, lest the opening gnaw at the cells that it cuts.
    mask = np.pad((logarithm > threshold - BELOW_OTSU).astype(np.uint8), margin, mode="edge")
    mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, closing), cv2.MORPH_OPEN, opening)
    return mask[margin:-margin, margin:-margin].astype(bool)


def _fill_holes(cells: np.ndarray) -> np.ndarray:
    count, gaps = cv2.connectedComponents((cells == 0).astype(np.uint8))
    kernel = np.ones((3, 3), np.uint8)
    padded = np.pad(cells, 1, mode="edge").astype(np.float32)
    largest = cv2.dilate(padded, kernel)[1:-1, 1:-1]
    padded[padded == 0] = np.inf
    smallest = cv2.erode(padded, kernel)[1:-1, 1:-1]
    numbers = np.arange(count)
    highest = np.asarray(ndimage.maximum(largest, gaps, numbers))
    lowest = np.asarray(ndimage.minimum(smallest, gaps, numbers))
    owner = np.where(highest == lowest, highest, 0).astype(cells.dtype)
    at_border = np.unique(np.concatenate([gaps[0], gaps[-1], gaps[:, 0], gaps[:, -1]]))
    owner[at_border] = 0
    return np.where(gaps > 0, owner[gaps], cells)
