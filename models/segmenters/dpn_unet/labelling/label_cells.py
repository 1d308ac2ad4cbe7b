"""From the DPN-UNet's predictions to label images of nuclei and cells."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.downscaling import WORKING_PIXEL_UM
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from models.segmenters.dpn_unet.labelling.exact import label_cells_exact
from models.segmenters.dpn_unet.labelling.fast import label_cells_fast
from models.segmenters.postprocessing.enlarge import resize_labels
from models.segmenters.postprocessing.numbering import number_labels
from models.segmenters.segmenter import PIXEL_SIZES_UM

LEAST_REDUCTION = 1.5
"""Predictions that are finer than the working size by less than this are taken as they are."""

_ROUNDING = 1e-3
"""Softmax in half precision may exceed 1 by this."""


def label_cells(
    nuclei_prediction: NDArray[np.generic],
    cell_prediction: NDArray[np.generic],
    *,
    exact: bool = False,
    pixel_size_um: float = REFERENCE_PIXEL_SIZE_UM,
    output_shape: tuple[int, int] | None = None,
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Find nuclei and cells in the predictions of the two networks, by the rules of hpacellseg's label_cell.

    Fast, the default, works on pixels of 0.32 um (finer predictions are reduced first) and draws the outlines
    smoothly at the size asked for. Exact follows the original pixel by pixel at the size asked for, and takes
    tens of times as long; see `labelling.exact` for the faults of the original that are mended in
    both.

    Parameters
    ----------
    nuclei_prediction, cell_prediction
        (h, w, 3) of one size: background, border, inside; uint8 in 0..255, or floating in 0..1.
    exact
        Follow the original pixel by pixel.
    pixel_size_um
        Pixel size of the predictions in micrometres. All cut-offs are lengths and areas in micrometres, those
        of the original at 0.08.
    output_shape
        (H, W) of the field of which the predictions are; that of the predictions by default.

    Returns
    -------
    nuclei, cells
        (H, W) uint16 label images. Cells are numbered 1..n without gaps; a nucleus bears the number of its
        cell and lies inside it, and every cell has one.

    Raises
    ------
    InputError
        For predictions of another shape or type, or more than 65,535 nuclei or cells.

    Source: https://github.com/CellProfiling/HPA-Cell-Segmentation, Apache-2.0.
    """
    _check(nuclei_prediction, cell_prediction, pixel_size_um)
    shape = output_shape or (nuclei_prediction.shape[0], nuclei_prediction.shape[1])
    if min(shape) < 1:
        raise InputError(found=f"{shape}", where="output shape", expected="(height, width) from 1 px up")
    if exact:
        # In the original's order: nuclei are rounded to bytes, then enlarged, cells the other way round.
        nuclei_bytes = _resize(_to_bytes(nuclei_prediction), shape)
        cell_bytes = _to_bytes(_resize(cell_prediction, shape))
        return label_cells_exact(
            nuclei_bytes, cell_bytes, pixel_size_um * nuclei_prediction.shape[0] / shape[0]
        )
    return _label_fast(_to_bytes(nuclei_prediction), _to_bytes(cell_prediction), pixel_size_um, shape)


def _label_fast(
    nuclei_prediction: NDArray[np.uint8],
    cell_prediction: NDArray[np.uint8],
    pixel_um: float,
    shape: tuple[int, int],
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    height, width = nuclei_prediction.shape[:2]
    factor = WORKING_PIXEL_UM / pixel_um
    if factor > LEAST_REDUCTION:
        working = max(round(height / factor), 1), max(round(width / factor), 1)
        nuclei_prediction, cell_prediction = (
            _resize(prediction, working) for prediction in (nuclei_prediction, cell_prediction)
        )
        pixel_um *= height / working[0]
    nuclei, cells = (
        resize_labels(labels, shape)
        for labels in label_cells_fast(nuclei_prediction, cell_prediction, pixel_um)
    )
    return number_labels(nuclei, cells)


def _check(
    nuclei_prediction: NDArray[np.generic], cell_prediction: NDArray[np.generic], pixel_size_um: float
) -> None:
    for name, prediction in (("nuclei", nuclei_prediction), ("cell", cell_prediction)):
        where = f"{name} prediction"
        if prediction.ndim != 3 or prediction.shape[2] != 3 or prediction.size == 0:
            expected = "(height, width, 3): background, border, inside"
            raise InputError(found=f"shape {prediction.shape}", where=where, expected=expected)
        if prediction.dtype != np.uint8 and not np.issubdtype(prediction.dtype, np.floating):
            expected = "uint8 in 0..255 or floating in 0..1"
            raise InputError(found=f"{prediction.dtype} values", where=where, expected=expected)
        if prediction.dtype != np.uint8 and not (
            prediction.min() >= -_ROUNDING and prediction.max() <= 1 + _ROUNDING
        ):
            found = f"values from {prediction.min():.4g} to {prediction.max():.4g}"
            raise InputError(found=found, where=where, expected="0 to 1, or uint8 in 0 to 255")
    if nuclei_prediction.shape != cell_prediction.shape:
        found = f"shapes {nuclei_prediction.shape} and {cell_prediction.shape}"
        raise InputError(found=found, where="predictions", expected="two of one size")
    smallest, largest = PIXEL_SIZES_UM
    if not smallest <= pixel_size_um <= largest:
        expected = f"{smallest} to {largest} um"
        raise InputError(found=f"{pixel_size_um} um", where="pixel size", expected=expected)


def _to_bytes(prediction: NDArray[np.generic]) -> NDArray[np.uint8]:
    if prediction.dtype == np.uint8:
        return prediction.astype(np.uint8, copy=False)
    scaled = np.rint(prediction.astype(np.float32) * np.float32(255))
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


def _resize(prediction: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    if prediction.shape[:2] == shape:
        return prediction
    return cv2.resize(prediction, shape[::-1], interpolation=cv2.INTER_AREA)
