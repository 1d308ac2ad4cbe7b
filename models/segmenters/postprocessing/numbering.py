"""From label images that may have gaps and islands to a field that keeps its promises."""

import cv2
import numpy as np
from scipy import ndimage

from data.errors import InputError
from data.masks.label_image import MAX_CELLS
from models.segmenters.segmenter import SegmentedField


def number_cells(nuclei: np.ndarray, cells: np.ndarray) -> SegmentedField:
    """Keep each cell's main part, number the cells, and check them; as `number_labels`.

    Returns
    -------
    SegmentedField
        Numbers 1..n by the top, then the left, of the cell's box.
    """
    nuclei, cells = number_labels(nuclei, cells)
    return SegmentedField(nuclei=nuclei, cells=cells)


def number_labels(nuclei: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep each cell's main part, and number the cells in the reading order of their boxes.

    A cell is the 4-connected part that has most of its nucleus. A cell without nucleus is left out, and so is
    the part of a nucleus that lies outside its cell.

    Parameters
    ----------
    nuclei, cells
        (H, W) uint16 label images with the same numbers, perhaps with gaps; `nuclei` is changed in place.

    Returns
    -------
    nuclei, cells
        (H, W) uint16 label images, numbers 1..n by the top, then the left, of the cell's box before parts of
        it were left out.
    """
    nuclei[nuclei != cells] = 0
    boxes = [(number, box) for number, box in enumerate(ndimage.find_objects(cells), start=1) if box]
    numbered = np.zeros_like(cells)
    count = 0
    for number, box in sorted(boxes, key=lambda entry: (entry[1][0].start, entry[1][1].start)):
        nucleus = nuclei[box] == number
        if nucleus.any():
            count += 1
            # A table of numbers that is applied to the whole image takes several times as long.
            np.copyto(numbered[box], count, where=_find_main_part(cells[box] == number, nucleus))
    return np.where(nuclei > 0, numbered, 0), numbered


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


def _find_main_part(cell: np.ndarray, nucleus: np.ndarray) -> np.ndarray:
    count, parts = cv2.connectedComponents(cell.view(np.uint8), connectivity=4, ltype=cv2.CV_32S)
    if count <= 2:
        return cell
    return parts == np.argmax(np.bincount(parts[nucleus]))
