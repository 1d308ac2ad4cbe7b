"""The rules of hpacellseg's label_cell, pixel by pixel."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu
from skimage.measure import label
from skimage.segmentation import watershed

from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from models.segmenters.postprocessing.numbering import check_count

Flood = Callable[[NDArray[np.integer], NDArray[np.integer], NDArray[np.bool_]], NDArray[np.integer]]
"""From landscape, seeds and mask to the seeds' basins, (h, w) each."""

BORDER, INSIDE = 1, 2
"""Planes of a prediction."""

NUCLEUS_THRESHOLD = 0.4
"""Least probability of a pixel of a nucleus."""

SEED_THRESHOLD = NUCLEUS_THRESHOLD - 0.25
"""Least probability of a pixel of a seed, lower than that of the nucleus: seeds differ by their borders."""

SEED_BORDER = 0.95
"""Where the borders of nuclei and cells add up to this, there is no seed."""

LEAST_CELL_THRESHOLD = 0.22
"""A cell's pixels have at least this probability, or half of Otsu's threshold where that is higher."""

CELL_BORDER = 0.05
"""Least probability of a border pixel onto which cells spread in the end."""

LEAST_SEED_PX, LEAST_NUCLEUS_PART_PX, LEAST_NUCLEUS_PX, LEAST_CELL_PX = 500, 8, 2500, 5500
"""Areas in pixels of 0.08 um; what is smaller is left out."""

LARGEST_HOLE_PX = 1000
"""Area in pixels of 0.08 um; smaller holes of nuclei are filled."""

CLOSING_RADIUS_PX = 6
"""Radius in pixels of 0.08 um of the disk with which the cells' outlines are closed."""


def label_cells_exact(
    nuclei_prediction: NDArray[np.uint8], cell_prediction: NDArray[np.uint8], pixel_um: float
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Find nuclei and cells as hpacellseg does.

    Equal to it but for the numbers, and these faults of the original, which are mended:

    - the sum of two borders wraps at 256, so that a seed lies where both networks are sure of a border;
    - cells pass through 8-bit numbers, so that of more than 255 nuclei every 256th has no cell, and others
      share a number;
    - more than 65,535 cells share numbers;
    - cells whose nucleus got lost, as less than a nucleus' least area of it is inside the cell, are kept;
    - all areas and lengths are in pixels, whatever their size (but the rims stay one pixel wide).

    What looks like a fault but decides every outline is kept: the mask that should exclude the border from
    cells excludes nothing (the inverse of an integer 0 or 1 is never 0), the clipping of the landscape at the
    threshold clips nothing, and cells lose a rim of a pixel whenever holes are filled.

    Parameters
    ----------
    nuclei_prediction, cell_prediction
        (H, W, 3) uint8: background, border, inside.
    pixel_um
        Pixel size in micrometres.

    Returns
    -------
    nuclei, cells
        (H, W) uint16 label images, as `models.segmenters.dpn_unet.labelling.label_cells.label_cells`.

    Raises
    ------
    InputError
        For more than 65,535 nuclei or cells.
    """
    scale = REFERENCE_PIXEL_SIZE_UM / pixel_um
    nuclei = _find_nuclei(nuclei_prediction, cell_prediction, scale)
    check_count(int(nuclei.max(initial=0)))
    cells = _find_cells(nuclei, cell_prediction, scale)
    cells = drop_small(np.asarray(label(cells)), LEAST_CELL_PX * scale**2)
    nuclei = keep_large((nuclei > 0) & (cells > 0), LEAST_NUCLEUS_PX * scale**2, connectivity=8)
    return number_cells_with_nuclei(nuclei, cells)


def find_cell_threshold(inside: NDArray[np.uint8]) -> float:
    """Return the least probability of a cell's pixels; (h, w) uint8."""
    return max(LEAST_CELL_THRESHOLD, float(threshold_otsu(inside / 255)) * 0.5)


def drop_small(labels: NDArray[np.integer], least_area_px: float) -> NDArray[np.integer]:
    """Remove labels with less than `least_area_px` pixels; a copy."""
    large = np.bincount(labels.ravel()) >= least_area_px
    large[0] = False
    return np.where(large[labels], labels, 0)


def keep_large(mask: NDArray[np.bool_], least_area_px: float, connectivity: int = 4) -> NDArray[np.bool_]:
    """Keep the connected parts of a mask that have at least `least_area_px` pixels."""
    _, parts, statistics, _ = cv2.connectedComponentsWithStats(
        mask.view(np.uint8), connectivity=connectivity, ltype=cv2.CV_32S
    )
    large = statistics[:, cv2.CC_STAT_AREA] >= least_area_px
    large[0] = False
    return large[np.asarray(parts, np.int32)]


def number_cells_with_nuclei(
    nuclei: NDArray[np.bool_], cells: NDArray[np.integer]
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Assign new numbers to the cells that have a nucleus, in the order of the old ones, and to their nuclei.

    Raises
    ------
    InputError
        For more than 65,535 such cells.
    """
    has_nucleus = np.bincount(cells[nuclei], minlength=int(cells.max(initial=0)) + 1) > 0
    has_nucleus[0] = False
    check_count(int(has_nucleus.sum()))
    numbered = np.where(has_nucleus, np.cumsum(has_nucleus), 0).astype(np.uint16)[cells]
    return numbered * nuclei, numbered


def describe_cells(prediction: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
    """Return the landscape that cells flood, lowest inside them, and where their border is, (h, w) each."""
    return -prediction[..., INSIDE].astype(np.int16), prediction[..., BORDER] > CELL_BORDER * 255


def grow_cells(
    nuclei: NDArray[np.integer], prediction: NDArray[np.uint8], scale: float, flood: Flood
) -> NDArray[np.uint16]:
    """Grow cells from their nuclei, drop small ones, and close the outlines of the others.

    Parameters
    ----------
    nuclei
        (h, w) label image.
    prediction
        (h, w, 3) uint8 of the cells: background, border, inside.
    scale
        Pixels of 0.08 um to a pixel's side.
    flood
        Floods a landscape from seeds within a mask.

    Returns
    -------
    ndarray (h, w)
        uint16 label image, with the numbers of the nuclei.
    """
    landscape, _ = describe_cells(prediction)
    inside = np.ascontiguousarray(prediction[..., INSIDE])
    cells = flood(landscape, nuclei, inside / 255 > find_cell_threshold(inside))
    cells = drop_small(cells, LEAST_CELL_PX * scale**2).astype(np.uint16)
    closed = cv2.morphologyEx(cells, cv2.MORPH_CLOSE, make_disk(CLOSING_RADIUS_PX * scale))
    return np.asarray(closed, np.uint16)


def make_disk(radius_px: float) -> NDArray[np.uint8]:
    """Make the structuring element of a disk, one pixel where the radius is below 1."""
    reach = int(radius_px)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return (np.hypot(y, x) <= radius_px).astype(np.uint8)


def _find_nuclei(
    nuclei_prediction: NDArray[np.uint8], cell_prediction: NDArray[np.uint8], scale: float
) -> NDArray[np.integer]:
    inside = nuclei_prediction[..., INSIDE] / 255
    borders = nuclei_prediction[..., BORDER].astype(np.int32) + cell_prediction[..., BORDER]
    seeds = (inside > SEED_THRESHOLD) & (borders < SEED_BORDER * 255)
    seeds = keep_large(seeds, LEAST_SEED_PX * scale**2)
    # Holes are small parts of what is outside.
    mask = ~keep_large(inside <= NUCLEUS_THRESHOLD, LARGEST_HOLE_PX * scale**2)
    mask = keep_large(mask, LEAST_NUCLEUS_PART_PX * scale**2)
    markers = cv2.connectedComponents(seeds.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)[1]
    nuclei = watershed(np.zeros(mask.shape, np.uint8), markers, mask=mask, watershed_line=True)
    return np.asarray(label(drop_small(nuclei, LEAST_NUCLEUS_PX * scale**2)))


def _find_cells(
    nuclei: NDArray[np.integer], cell_prediction: NDArray[np.uint8], scale: float
) -> NDArray[np.bool_]:
    landscape, border = describe_cells(cell_prediction)
    seeds = _part_and_fill(grow_cells(nuclei, cell_prediction, scale, _flood))
    parts = cv2.connectedComponents(seeds.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)[1]
    check_count(int(parts.max(initial=0)))
    spread = watershed(landscape, parts, mask=seeds | border)
    return _part_and_fill(spread.astype(np.uint16))


def _flood(
    landscape: NDArray[np.integer], seeds: NDArray[np.integer], mask: NDArray[np.bool_]
) -> NDArray[np.integer]:
    return watershed(landscape, seeds, mask=mask)


def _part_and_fill(cells: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Take its rim off every cell, so that no two touch, and fill the holes that are left."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    rim = cv2.dilate(cells, cross) != cv2.erode(cells, cross)
    gaps = (cells == 0) | rim
    count, parts = cv2.connectedComponents(gaps.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    outside = np.zeros(count, bool)
    outside[np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])] = True
    outside[0] = False
    return ~outside[parts]
