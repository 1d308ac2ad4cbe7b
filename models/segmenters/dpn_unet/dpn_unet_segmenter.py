"""The dpn-unet segmenter: the two networks of the Human Protein Atlas, and the cells in their predictions."""

import numpy as np
from numpy.typing import NDArray

from data.fields.downscaling import WORKING_PIXEL_UM
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.fields.rescaling import pad_planes, rescale_plane
from models.segmenters.dpn_unet.labelling.label_cells import label_cells
from models.segmenters.runtimes.image_runtime import ImageRuntime
from models.segmenters.runtimes.lazy import MULTIPLE
from models.segmenters.segmenter import SegmentedField, check_image

MOST_MAGNIFICATION = 4.0
"""Coarser fields are enlarged by this at most: there is nothing finer in them to see."""

MEAN = np.array([124, 117, 104], np.float32)[:, None, None] / np.float32(255)
SCALE = np.float32(0.0167 * 255)
"""What the networks take is (share of full scale - mean) * scale, in the planes' order."""


class DPNUnetSegmenter:
    """Finds nuclei and cells as hpacellseg does, at any size, pixel size and bit depth.

    What the networks see equals what hpacellseg gives them to float32 rounding: the blur and interpolation of
    scikit-image's `rescale` (`data.fields.rescaling`). Averages of blocks (OpenCV's INTER_AREA), which are
    sharper, would differ from it by 3 to 5 % of an image's standard deviation and took no less time.

    Parameters
    ----------
    nuclei, cells
        Run the two networks, each (3, H, W) to logits (3, H, W) of background, border, inside.
    weights_hash
        Tells the weights of both from others.
    exact
        Label cells at full size, pixel by pixel as hpacellseg does; see `labelling.label_cells`.
    """

    name = "dpn-unet"
    channels = ("red", "yellow", "blue")

    def __init__(
        self, nuclei: ImageRuntime, cells: ImageRuntime, weights_hash: str, *, exact: bool = False
    ) -> None:
        self._nuclei, self._cells = nuclei, cells
        self._weights_hash, self._exact = weights_hash, exact

    def identity(self) -> str:
        """Name and version, weights, runtime and labelling."""
        labelling = "exact" if self._exact else "fast"
        return f"dpn-unet 1, weights {self._weights_hash}, {self._cells.identity()}, {labelling} labelling"

    def prepare(self, workers: int = 1) -> None:
        """Load both networks; as `Segmenter.prepare`."""
        self._nuclei.prepare(workers)
        self._cells.prepare(workers)

    def segment(self, image: np.ndarray, pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM) -> SegmentedField:
        """Find the cells of one field; as `Segmenter.segment`."""
        check_image(image, self.channels, pixel_size_um)
        height, width = working_shape(image.shape[1:], pixel_size_um)
        nuclei_input, cell_input = network_inputs(image, pixel_size_um)
        nuclei_logits = self._nuclei(nuclei_input)[:, :height, :width]
        cell_logits = self._cells(cell_input)[:, :height, :width]
        nuclei, cells = label_cells(
            softmax(nuclei_logits),
            softmax(cell_logits),
            exact=self._exact,
            pixel_size_um=pixel_size_um * image.shape[1] / height,
            output_shape=(image.shape[1], image.shape[2]),
        )
        return SegmentedField(nuclei=nuclei, cells=cells)


def working_shape(shape: tuple[int, ...], pixel_size_um: float) -> tuple[int, int]:
    """Return the size (h, w) at which the networks see a field of the size (H, W)."""
    scale = min(pixel_size_um / WORKING_PIXEL_UM, MOST_MAGNIFICATION)
    return max(round(shape[0] * scale), 1), max(round(shape[1] * scale), 1)


def network_inputs(
    image: NDArray[np.generic], pixel_size_um: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what the two networks see of a field.

    Parameters
    ----------
    image
        (3, H, W) uint8 or uint16: red, yellow, blue.
    pixel_size_um
        Edge of a pixel in micrometres.

    Returns
    -------
    nuclei, cells
        (3, h, w) float32 each, normalised, the sides multiples of 32: blue thrice, and the three planes.
    """
    shape = working_shape(image.shape[1:], pixel_size_um)
    planes = np.stack([rescale_plane(plane, shape) for plane in image])
    planes = pad_planes(planes, MULTIPLE)
    nuclei, cells = np.empty_like(planes), np.empty_like(planes)
    for inputs, source in ((nuclei, planes[2]), (cells, planes)):
        np.subtract(source, MEAN, out=inputs)
        np.multiply(inputs, SCALE, out=inputs)
    return nuclei, cells


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities (h, w, classes) float32 for logits (classes, h, w)."""
    shares = np.exp(logits - logits.max(axis=0))
    shares /= shares.sum(axis=0)
    return np.ascontiguousarray(np.moveaxis(shares, 0, 2))
