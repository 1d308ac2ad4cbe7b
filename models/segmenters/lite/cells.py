"""From the maps that the lite network predicts to nuclei and cells."""

from typing import Literal

import cv2
import numpy as np
from skimage.segmentation import watershed

from models.segmenters.postprocessing.contacts import find_contacts, join_pairs
from models.segmenters.postprocessing.foreground import disk, smooth
from models.segmenters.postprocessing.numbering import check_count

HALF = 0.5
"""What is likelier than not."""

LEAST_CORE_UM2 = 4.0
"""Smaller cores are specks."""

LEAST_NUCLEUS_UM2 = 14.0
"""Smaller nuclei are debris or slivers at the field's border; a small cell's metaphase plate, seen edge-on,
has 15."""

LEAST_CELL_UM2 = 45.0
"""Smaller cells are debris or slivers at the field's border."""

BLUR_UM, OPENING_UM = 0.5, 0.6
"""Smoothing of the cells' outlines: a blur of the map, and the radius of an opening of its mask."""

CONTACT_WEIGHT = 1.0
"""Height of a contact between cells over the depth of a cell, in the landscape of the watershed."""

UNDIVIDED = 0.25
"""Two neighbours are one cell where their nuclei touch and the mean contact along the line on which the two
meet is below this."""

TouchingNuclei = Literal["auto", "join", "split"]
"""What becomes of nuclei that touch: one cell where no contact parts the bodies around them, always one cell,
or always a cell each."""

LEAST_TOUCH_UM = 1.0
"""Nuclei touch where their common line is at least this long."""


def find_lite_cells(
    maps: np.ndarray, pixel_um: float, touching_nuclei: TouchingNuclei = "auto"
) -> tuple[np.ndarray, np.ndarray]:
    """Find nuclei and cells in predicted maps.

    Cores are the seeds of nuclei, nuclei those of cells; a watershed floods cells from the nuclei, in the
    order of contact and depth.

    Parameters
    ----------
    maps
        (5, h, w) float32 in 0..1, in the order of `data.segmenter_training.targets.MAPS`.
    pixel_um
        Pixel size in micrometres.
    touching_nuclei
        Whether nuclei that touch are one cell: "auto" where the mean contact along the line on which their
        cells meet is below `UNDIVIDED`.

    Returns
    -------
    nuclei, cells
        (h, w) int32 label images with the same numbers, perhaps with gaps.

    Raises
    ------
    InputError
        For more than 65,535 nuclei.
    """
    nucleus, core, cell, contact, depth = maps
    nuclei = _find_nuclei(nucleus, core, pixel_um)
    check_count(int(nuclei.max(initial=0)))
    landscape = CONTACT_WEIGHT * contact - depth
    # Below all else, so that every nucleus is flooded before any cytoplasm and stays whole.
    landscape[nuclei > 0] = -3
    mask = _without_foreign_bodies(_smooth(cell, pixel_um) | (nuclei > 0), nuclei, contact, pixel_um)
    cells = watershed(landscape, nuclei, mask=mask)
    if touching_nuclei != "split":
        undivided = UNDIVIDED if touching_nuclei == "auto" else np.inf
        cells = _join_undivided(nuclei, cells, contact, undivided, pixel_um)[cells]
    area_um2 = np.bincount(cells.ravel()) * pixel_um**2
    cells[area_um2[cells] < LEAST_CELL_UM2] = 0
    return np.where(nuclei > 0, cells, 0), cells


def _find_nuclei(nucleus: np.ndarray, core: np.ndarray, pixel_um: float) -> np.ndarray:
    mask = nucleus > HALF
    count, seeds, statistics, _ = cv2.connectedComponentsWithStats(
        ((core > HALF) & mask).astype(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    area_um2 = statistics[:, cv2.CC_STAT_AREA] * pixel_um**2
    keep = area_um2 >= LEAST_CORE_UM2
    keep[0] = False
    numbers = np.where(keep, np.arange(count), 0)
    nuclei = watershed(-core, numbers[np.asarray(seeds, np.int32)], mask=mask)
    area_um2 = np.bincount(nuclei.ravel()) * pixel_um**2
    nuclei[area_um2[nuclei] < LEAST_NUCLEUS_UM2] = 0
    return nuclei


def _smooth(cell: np.ndarray, pixel_um: float) -> np.ndarray:
    """Return the mask of all cells, without the ragged rim and the threads that debris leaves."""
    opening = disk(OPENING_UM / pixel_um)
    margin = max(opening.shape)
    # The field's rim continues beyond it, lest the opening gnaw at the cells that it cuts.
    mask = np.pad((smooth(cell, BLUR_UM / pixel_um) > HALF).astype(np.uint8), margin, mode="edge")
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, opening)[margin:-margin, margin:-margin] > 0


def _without_foreign_bodies(
    mask: np.ndarray, nuclei: np.ndarray, contact: np.ndarray, pixel_um: float
) -> np.ndarray:
    """Take the bodies of cells whose nucleus lies beyond the field out of the mask of all cells.

    Such a body is what the field's border cuts and contacts part from every nucleus. Within the field every
    cell has a nucleus, and what has none belongs to a neighbour; so do small islands.
    """
    _, parts, statistics, _ = cv2.connectedComponentsWithStats(
        (mask & (contact < HALF)).astype(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    bodies = np.asarray(parts, np.int32)
    foreign = statistics[:, cv2.CC_STAT_AREA] * pixel_um**2 >= LEAST_CELL_UM2
    border = np.concatenate([bodies[0], bodies[-1], bodies[:, 0], bodies[:, -1]])
    foreign &= np.isin(np.arange(foreign.size), border)
    foreign[np.unique(bodies[nuclei > 0])] = False
    foreign[0] = False
    return mask & ~foreign[bodies]


def _join_undivided(
    nuclei: np.ndarray, cells: np.ndarray, contact: np.ndarray, undivided: float, pixel_um: float
) -> np.ndarray:
    """Return a table from each number to the number of the cell to which it belongs."""
    lines, touches = find_contacts(cells, contact), find_contacts(nuclei, contact)
    long_enough = touches.length_px * pixel_um >= LEAST_TOUCH_UM
    touching = set(zip(touches.first[long_enough], touches.second[long_enough], strict=True))
    low = lines.height < undivided
    pairs = [pair for pair in zip(lines.first[low], lines.second[low], strict=True) if pair in touching]
    joined = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return join_pairs(joined[:, 0], joined[:, 1], int(cells.max(initial=0)) + 1)
