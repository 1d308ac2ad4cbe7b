"""The lite segmenter: a small network that comes with hpacells; nothing to download."""

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.downscaling import WORKING_PIXEL_UM, reduce_plane
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.fields.rescaling import pad_planes
from data.segmenter_training.stains import STAINS, scale_stains
from models.segmenters.lite.cells import TouchingNuclei, find_lite_cells
from models.segmenters.lite.maps import logits_to_maps
from models.segmenters.postprocessing.enlarge import enlarge_labels
from models.segmenters.postprocessing.numbering import number_cells
from models.segmenters.runtimes.image_runtime import ImageRuntime
from models.segmenters.runtimes.lazy import MULTIPLE
from models.segmenters.segmenter import SegmentedField, check_image

MAX_WORKING_PIXELS = 36_000_000
"""Pixels to which a field may be magnified; a field of 10,000 px at 0.08 um is reduced to a sixth of them."""


class LiteSegmenter:
    """Finds cells in the maps that a `LiteNetwork` predicts; see `lite_cells`.

    Parameters
    ----------
    runtime
        Runs the network.
    weights_hash
        Tells its weights from others.
    touching_nuclei
        Whether nuclei that touch are one cell; see `models.segmenters.lite.cells`.
    """

    name = "lite"
    channels = STAINS

    def __init__(
        self, runtime: ImageRuntime, weights_hash: str, touching_nuclei: TouchingNuclei = "auto"
    ) -> None:
        self._runtime, self._weights_hash = runtime, weights_hash
        self._touching_nuclei: TouchingNuclei = touching_nuclei

    def identity(self) -> str:
        """Name, version of what is done with the network's maps, weights and runtime."""
        rule = "" if self._touching_nuclei == "auto" else f", touching nuclei: {self._touching_nuclei}"
        return f"lite 1, weights {self._weights_hash}, {self._runtime.identity()}{rule}"

    def prepare(self, workers: int = 1) -> None:
        """Load the network for so many calls at a time."""
        self._runtime.prepare(workers)

    def network_input(
        self, image: NDArray[np.generic], pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM
    ) -> NDArray[np.float32]:
        """Return what the network sees of a field: (3, h, w) float32, h and w multiples of 32."""
        return pad_planes(self._scale(image, pixel_size_um), MULTIPLE)

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field; as `Segmenter.segment`."""
        check_image(image, self.channels, pixel_size_um)
        _check_magnified_size(image.shape[1:], pixel_size_um)
        stains = self._scale(image, pixel_size_um)
        height, width = stains.shape[1:]
        logits = self._runtime(pad_planes(stains, MULTIPLE))[:, :height, :width]
        factor, magnification = working_factors(pixel_size_um)
        nuclei, cells = find_lite_cells(
            logits_to_maps(logits), pixel_size_um * factor / magnification, self._touching_nuclei
        )
        full = image.shape[1:]
        if magnification > 1:
            return number_cells(*(_reduce_labels(labels, magnification) for labels in (nuclei, cells)))
        return number_cells(*(enlarge_labels(labels, factor, full) for labels in (nuclei, cells)))

    @staticmethod
    def _scale(image: NDArray[np.generic], pixel_size_um: float) -> NDArray[np.float32]:
        factor, magnification = working_factors(pixel_size_um)
        planes = np.stack([reduce_plane(plane, factor) for plane in image])
        if magnification > 1:
            planes = np.stack([_magnify(plane, magnification) for plane in planes])
        return scale_stains(planes)


def working_factors(pixel_size_um: float) -> tuple[int, int]:
    """Return the whole factors by which a field is reduced, or magnified, to pixels of about 0.32 um."""
    factor = max(1, round(WORKING_PIXEL_UM / pixel_size_um))
    magnification = max(1, round(pixel_size_um / WORKING_PIXEL_UM))
    return factor, magnification


def _check_magnified_size(shape: tuple[int, ...], pixel_size_um: float) -> None:
    _, magnification = working_factors(pixel_size_um)
    height, width = (side * magnification for side in shape)
    if magnification > 1 and height * width > MAX_WORKING_PIXELS:
        raise InputError(
            found=f"pixels of {pixel_size_um:g} um, for which the field would be magnified to {width} x "
            f"{height} px",
            where="pixel size",
            expected="the pixels of a light microscope that shows organelles, such as 0.08 um",
            advice="check what the files state, and the setting segment.pixel_size_um",
        )


def _magnify(plane: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    size = (plane.shape[1] * factor, plane.shape[0] * factor)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _reduce_labels(labels: NDArray[np.int32], factor: int) -> NDArray[np.uint16]:
    return np.ascontiguousarray(labels[factor // 2 :: factor, factor // 2 :: factor]).astype(np.uint16)
