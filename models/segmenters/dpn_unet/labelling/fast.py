"""The rules of hpacellseg's label_cell at the network's resolution.

The rims that the original takes off are thinner than a pixel there, and so are left alone.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label
from skimage.segmentation import watershed

from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from models.segmenters.dpn_unet.labelling.exact import (
    BORDER,
    INSIDE,
    LARGEST_HOLE_PX,
    LEAST_CELL_PX,
    LEAST_NUCLEUS_PX,
    LEAST_SEED_PX,
    NUCLEUS_THRESHOLD,
    SEED_BORDER,
    SEED_THRESHOLD,
    describe_cells,
    drop_small,
    grow_cells,
    keep_large,
)
from models.segmenters.postprocessing.numbering import check_count


def label_cells_fast(
    nuclei_prediction: NDArray[np.uint8], cell_prediction: NDArray[np.uint8], pixel_um: float
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Find nuclei and cells.

    Parameters
    ----------
    nuclei_prediction, cell_prediction
        (h, w, 3) uint8: background, border, inside.
    pixel_um
        Pixel size in micrometres.

    Returns
    -------
    nuclei, cells
        (h, w) uint16 label images with the same numbers, perhaps with gaps; cells may lack a nucleus, and
        touch each other.

    Raises
    ------
    InputError
        For more than 65,535 nuclei or cells.
    """
    scale = REFERENCE_PIXEL_SIZE_UM / pixel_um
    nuclei = _find_nuclei(nuclei_prediction, cell_prediction, scale)
    check_count(int(nuclei.max(initial=0)))
    cells = _find_cells(nuclei, cell_prediction, scale)
    check_count(int(cells.max(initial=0)))
    inner = keep_large((nuclei > 0) & (cells > 0), LEAST_NUCLEUS_PX * scale**2, connectivity=8)
    cells = cells.astype(np.uint16)
    return cells * inner, cells


def _find_nuclei(
    nuclei_prediction: NDArray[np.uint8], cell_prediction: NDArray[np.uint8], scale: float
) -> NDArray[np.integer]:
    inside = nuclei_prediction[..., INSIDE]
    borders = cv2.add(nuclei_prediction[..., BORDER], cell_prediction[..., BORDER])
    seeds = (inside > SEED_THRESHOLD * 255) & (borders < SEED_BORDER * 255)
    seeds = keep_large(seeds, LEAST_SEED_PX * scale**2)
    mask = ~keep_large(inside <= NUCLEUS_THRESHOLD * 255, LARGEST_HOLE_PX * scale**2)
    markers = cv2.connectedComponents(seeds.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)[1]
    nuclei = np.where(mask, markers, 0)
    nuclei = _flood(np.zeros(mask.shape, np.uint8), nuclei, mask)
    return np.asarray(label(drop_small(nuclei, LEAST_NUCLEUS_PX * scale**2), connectivity=1))


def _find_cells(
    nuclei: NDArray[np.integer], cell_prediction: NDArray[np.uint8], scale: float
) -> NDArray[np.integer]:
    landscape, border = describe_cells(cell_prediction)
    cells = grow_cells(nuclei, cell_prediction, scale, _flood)
    _fill_holes(cells)
    cells = _flood(landscape, cells.astype(np.int32), (cells > 0) | border).astype(np.uint16)
    _fill_holes(cells)
    return drop_small(np.asarray(label(cells, connectivity=1)), LEAST_CELL_PX * scale**2)


def _flood(
    landscape: NDArray[np.integer], seeds: NDArray[np.integer], mask: NDArray[np.bool_]
) -> NDArray[np.integer]:
    """Flood a mask from its seeds; a watershed that passes over pixels which have nothing left to flood."""
    seeded = (seeds > 0) & mask
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    free = cv2.dilate((mask & ~seeded).view(np.uint8), cross).astype(bool)
    front = np.where(free & seeded, seeds, 0)
    if not front.any():
        return np.where(seeded, seeds, 0)
    return np.where(seeded, seeds, watershed(landscape, front, mask=mask & free))


def _fill_holes(cells: NDArray[np.uint16]) -> None:
    """Fill, in place, what a cell encloses, be it background or a smaller cell."""
    boxes = [(number, box) for number, box in enumerate(ndimage.find_objects(cells), start=1) if box]
    # The enclosing cell comes last.
    for number, box in sorted(boxes, key=lambda entry: (_area(entry[1]), entry[0])):
        mask = (cells[box] == number).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(mask, contours, -1, 1, thickness=cv2.FILLED)
        cells[box][mask > 0] = number


def _area(box: tuple[slice, ...]) -> int:
    height, width = (side.stop - side.start for side in box)
    return height * width
