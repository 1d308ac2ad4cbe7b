"""From label images that may have gaps and islands to a field that keeps its promises."""

import cv2
import numpy as np
from scipy import ndimage

from data.errors import InputError
from data.masks import MAX_CELLS
from models.segmenters.segmenter import SegmentedField


def number_cells(nuclei: np.ndarray, cells: np.ndarray) -> SegmentedField:
    """Keep each cell's main part, and number the cells in the reading order of their boxes.

    A cell is the 4-connected part that has most of its nucleus. A cell without nucleus is left out, and so is
    the part of a nucleus that lies outside its cell.

    Parameters
    ----------
    nuclei, cells
        (H, W) uint16 label images with the same numbers, perhaps with gaps; changed in place.

    Returns
    -------
    SegmentedField
        Numbers 1..n by the top, then the left, of the cell's box.
    """
    nuclei[nuclei != cells] = 0
    places = []
    for number, box in enumerate(ndimage.find_objects(cells), start=1):
        if box is not None and _keep_main_part(nuclei[box], cells[box], number):
            places.append((box[0].start, box[1].start, number))
    numbers = np.zeros(int(cells.max(initial=0)) + 1, np.uint16)
    for new, (_, _, old) in enumerate(sorted(places), start=1):
        numbers[old] = new
    cells = numbers.take(cells)
    return SegmentedField(nuclei=cells * (nuclei > 0), cells=cells)


def check_count(count: int) -> None:
    """Refuse more cells than a uint16 label image can number.

    Raises
    ------
    InputError
        When `count` is above 65,535.
    """
    if count > MAX_CELLS:
        raise InputError(
            found=f"{count} cells",
            where="segmentation",
            expected=f"at most {MAX_CELLS} in a field",
            advice="cut the field into smaller ones, or check the pixel size",
        )


def _keep_main_part(nuclei: np.ndarray, cells: np.ndarray, number: int) -> bool:
    mask = (cells == number).astype(np.uint8)
    nucleus = nuclei == number
    if not nucleus.any():
        return False
    count, parts = cv2.connectedComponents(mask, connectivity=4, ltype=cv2.CV_32S)
    if count > 2:
        main = int(np.argmax(np.bincount(parts[nucleus])))
        strays = (parts > 0) & (parts != main)
        cells[strays] = 0
        nuclei[strays & nucleus] = 0
    return True
