"""A field with known nuclei and cells, as training needs it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.fields.downscaling import reduce_plane
from data.segmenter_training.known_nuclei import find_known_nuclei
from data.segmenter_training.stains import STAINS, scale_stains

STORED_PIXEL_UM = 0.16
"""Pixel size at which fields wait in memory: half the networks', so that crops can be enlarged."""


@dataclass(frozen=True)
class LabelledField:
    """A field with its cells, reduced.

    Attributes
    ----------
    field_id
        Its name.
    source
        Where it is from, ``"real"`` or ``"simulated"``.
    stains
        (3, h, w) uint8, the stains `data.segmenter_training.stains.STAINS` scaled to their range; 200 is the
        bright end.
    nuclei, cells
        (h, w) int32 label images; a nucleus bears its cell's number. Several nuclei of one cell may touch.
    pixel_um
        Pixel size in micrometres.
    protein
        (h, w) uint8, scaled as the stains; None where it is not known.
    """

    field_id: str
    source: str
    stains: NDArray[np.uint8]
    nuclei: NDArray[np.int32]
    cells: NDArray[np.int32]
    pixel_um: float
    protein: NDArray[np.uint8] | None = None


STAIN_SCALE = 200.0
"""Grey value of the bright end of a stain's range in `LabelledField.stains`."""


def make_labelled_field(
    field_id: str,
    source: str,
    image: NDArray[np.generic],
    cells: NDArray[np.integer],
    nuclei: NDArray[np.integer] | None,
    pixel_size_um: float,
) -> LabelledField:
    """Reduce a field and its label images to the size at which they wait for training.

    Parameters
    ----------
    field_id, source
        As in `LabelledField`.
    image
        (3, H, W) uint8 or uint16, the planes of `data.segmenter_training.stains.STAINS`; or (4, H, W) with
        the protein after them.
    cells
        (H, W) label image.
    nuclei
        (H, W) label image with the numbers of the cells; sought in the nuclear stain where None.
    pixel_size_um
        Pixel size in micrometres.
    """
    factor = max(1, round(STORED_PIXEL_UM / pixel_size_um))
    planes = np.stack([reduce_plane(plane, factor) for plane in image])
    size = (planes.shape[2], planes.shape[1])
    small_cells = _reduce_labels(cells, factor, size)
    if nuclei is None:
        small_nuclei = find_known_nuclei(planes[2], small_cells, factor * pixel_size_um)
    else:
        small_nuclei = _reduce_labels(nuclei, factor, size)
        small_nuclei[small_nuclei != small_cells] = 0
    stains = np.rint(scale_stains(planes) * STAIN_SCALE).astype(np.uint8)
    protein = stains[len(STAINS)] if len(stains) > len(STAINS) else None
    pixel_um = factor * pixel_size_um
    return LabelledField(
        field_id, source, stains[: len(STAINS)], small_nuclei, small_cells, pixel_um, protein
    )


def _reduce_labels(labels: NDArray[np.integer], factor: int, size: tuple[int, int]) -> NDArray[np.int32]:
    height, width = labels.shape
    padded = cv2.copyMakeBorder(
        labels.astype(np.uint16), 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE
    )
    middle = padded[factor // 2 :: factor, factor // 2 :: factor]
    return middle[: size[1], : size[0]].astype(np.int32)
