"""The segmenter cellpose: its networks find the cells, lite's network their nuclei."""

import math
import threading
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.downscaling import WORKING_PIXEL_UM, reduce_plane
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.own_masks.matching import match_nuclei
from data.segmenter_training.stains import STAINS
from models.segmenters.cellpose.layout import DIAMETER_PX
from models.segmenters.cellpose.package import CellposeNetwork
from models.segmenters.cellpose.planes import stack_for
from models.segmenters.cellpose.settings import CellposeSettings
from models.segmenters.postprocessing.enlarge import enlarge_labels
from models.segmenters.postprocessing.numbering import check_count, number_cells
from models.segmenters.segmenter import SegmentedField, Segmenter, check_image

LEAST_SIDE_PX = 8
"""Cellpose 3 takes an image of fewer rows for one of as many channels."""

MAX_NETWORK_PIXELS = 36_000_000
"""Pixels to which a field may be magnified for the network."""


class CellposeSegmenter:
    """Finds cells with a network of cellpose, and their nuclei with another segmenter.

    Cells are labelled at `WORKING_PIXEL_UM` and enlarged with smooth outlines, or at full size, which is what
    cellpose does by itself. Each nucleus goes to the cell that has most of it; cells without one are left
    out, as by all segmenters.

    Parameters
    ----------
    model, version, path, weights_hash
        cellpose's name of the network, the version of the package, and the checked weights and their hash.
    nuclei
        Finds the nuclei; takes the stains in the order of `STAINS`.
    device, precision
        Where the network is run, and in what.
    settings
        Diameter and thresholds.
    exact
        Label cells at full size.
    """

    name = "cellpose"
    channels = STAINS

    def __init__(
        self,
        model: str,
        version: str,
        path: Path,
        weights_hash: str,
        nuclei: Segmenter,
        *,
        device: Literal["cpu", "cuda"] = "cpu",
        precision: Literal["float32", "bfloat16"] = "float32",
        settings: CellposeSettings | None = None,
        exact: bool = False,
    ) -> None:
        self._model, self._version, self._path, self._hash = model, version, path, weights_hash
        self._nuclei = nuclei
        self._device: Literal["cpu", "cuda"] = device
        self._precision: Literal["float32", "bfloat16"] = precision
        self._settings = settings or CellposeSettings.model_validate({})
        self._exact = exact
        self._network: CellposeNetwork | None = None
        self._loading, self._using_gpu = threading.Lock(), threading.Lock()

    def identity(self) -> str:
        """Versions, network, weights, thresholds, and what finds the nuclei."""
        asked = self._settings
        return (
            f"cellpose 1 (package {self._version}), {self._model} {self._hash}, "
            f"{self._device} {self._precision}, diameter {asked.diameter_um:g} um, "
            f"flow {asked.flow_threshold:g}, cellprob {asked.cellprob_threshold:g}, "
            f"{'full size' if self._exact else 'working size'}, "
            f"nuclei by {self._nuclei.identity()}"
        )

    def prepare(self, workers: int = 1) -> None:
        """Load both networks; as `Segmenter.prepare`."""
        self._nuclei.prepare(workers)
        self._loaded()

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field; as `Segmenter.segment`."""
        check_image(image, self.channels, pixel_size_um)
        nuclei = self._nuclei.segment(image, pixel_size_um).nuclei
        if not nuclei.any():
            return SegmentedField(nuclei=nuclei, cells=np.zeros_like(nuclei))
        factor = 1 if self._exact else max(1, round(WORKING_PIXEL_UM / pixel_size_um))
        planes = np.stack([reduce_plane(plane, factor) for plane in image])
        cells = self._find_cells(stack_for(self._model, planes), pixel_size_um * factor)
        check_count(int(cells.max(initial=0)))
        full = image.shape[1], image.shape[2]
        cells = enlarge_labels(cells, factor, full) if factor > 1 else cells.astype(np.uint16)
        matched, _ = match_nuclei(nuclei, cells)
        return number_cells(matched, cells)

    def _find_cells(self, stacked: NDArray[np.float32], pixel_um: float) -> NDArray[np.integer]:
        height, width = stacked.shape[:2]
        diameter_px = self._settings.diameter_um / pixel_um
        _check_size(height, width, diameter_px)
        # What is left of a side at the network's scale must be pixels.
        least = max(LEAST_SIDE_PX, math.ceil(2 * diameter_px / DIAMETER_PX))
        below, right = max(least - height, 0), max(least - width, 0)
        if below or right:
            stacked = np.pad(stacked, ((0, below), (0, right), (0, 0)), mode="edge")
        network = self._loaded()
        if self._device == "cuda":
            with self._using_gpu:
                cells = network(stacked, diameter_px, self._settings)
        else:
            cells = network(stacked, diameter_px, self._settings)
        return cells[:height, :width]

    def _loaded(self) -> CellposeNetwork:
        with self._loading:
            if self._network is None:
                self._network = CellposeNetwork(self._model, self._path, self._device, self._precision)
            return self._network


def _check_size(height: int, width: int, diameter_px: float) -> None:
    scale = DIAMETER_PX / diameter_px
    if scale > 1 and height * width * scale**2 > MAX_NETWORK_PIXELS:
        raise InputError(
            found=f"cells of {diameter_px:.3g} px, for which the field would be magnified to "
            f"{width * scale:.0f} x {height * scale:.0f} px",
            where="setting segment.cellpose.diameter_um",
            expected="the usual diameter of a cell in um, such as 30",
            advice="check it, and the setting segment.pixel_size_um",
        )
