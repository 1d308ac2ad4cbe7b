"""The classical segmenter: thresholds and watersheds in physical units; nothing to download."""

import cv2
import numpy as np

from models.segmenters.cell_bodies import find_cell_bodies
from models.segmenters.enlarge import enlarge_labels
from models.segmenters.nuclei import find_nuclei
from models.segmenters.numbering import check_count, number_cells
from models.segmenters.segmenter import REFERENCE_PIXEL_SIZE_UM, SegmentedField, check_image

WORKING_PIXEL_UM = 0.32
"""Pixel size at which cells are sought: a 2048 px field at 0.08 um becomes 512 px."""


class ClassicalSegmenter:
    """Finds nuclei by thresholds and necks, and cells by a watershed; see `nuclei` and `cell_bodies`."""

    name = "classical"
    channels = ("red", "blue", "yellow")

    def identity(self) -> str:
        """Name and version; the version changes with every change of its results."""
        return "classical 1"

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field; as `Segmenter.segment`."""
        check_image(image, self.channels, pixel_size_um)
        factor = max(1, round(WORKING_PIXEL_UM / pixel_size_um))
        red, blue, yellow = (reduce_plane(plane, factor) for plane in image)
        pixel_um = factor * pixel_size_um
        nuclei = find_nuclei(blue, pixel_um)
        check_count(int(nuclei.max()))
        nuclei, cells = find_cell_bodies(red, yellow, nuclei, pixel_um)
        height, width = image.shape[1:]
        return number_cells(
            enlarge_labels(nuclei, factor, (height, width)), enlarge_labels(cells, factor, (height, width))
        )


def reduce_plane(plane: np.ndarray, factor: int) -> np.ndarray:
    """Average blocks of `factor` x `factor` pixels, as a share of the type's full scale.

    Parameters
    ----------
    plane
        (H, W) uint8 or uint16.
    factor
        Whole number from 1; the last rows and columns are repeated until it divides the size.

    Returns
    -------
    np.ndarray
        (ceil(H / factor), ceil(W / factor)) float32 in 0..1. A plane and its 16-bit twin (times 257) give
        the very same values.
    """
    height, width = plane.shape
    shares = np.divide(plane, np.iinfo(plane.dtype).max, dtype=np.float32)
    if height % factor or width % factor:
        shares = cv2.copyMakeBorder(shares, 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE)
    size = (shares.shape[1] // factor, shares.shape[0] // factor)
    return cv2.resize(shares, size, interpolation=cv2.INTER_AREA)
