"""The classical segmenter: thresholds and watersheds in physical units; nothing to download."""

import numpy as np

from data.fields.downscaling import WORKING_PIXEL_UM, reduce_plane
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from models.segmenters.classical.cell_bodies import find_cell_bodies
from models.segmenters.classical.nuclei import find_nuclei
from models.segmenters.postprocessing.enlarge import enlarge_labels
from models.segmenters.postprocessing.numbering import check_count, number_cells
from models.segmenters.segmenter import SegmentedField, check_image


class ClassicalSegmenter:
    """Finds nuclei by thresholds and necks, and cells by a watershed; see `nuclei` and `cell_bodies`."""

    name = "classical"
    channels = ("red", "blue", "yellow")

    def identity(self) -> str:
        """Name and version; the version changes with every change of its results."""
        return "classical 1"

    def prepare(self, workers: int = 1) -> None:
        """Load nothing; as `Segmenter.prepare`."""

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
