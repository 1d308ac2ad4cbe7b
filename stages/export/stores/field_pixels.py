"""The pixels of a field as it was segmented: image, nuclei and cells."""

import logging
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cells.field_cells import read_pictures
from data.cells.record_paths import field_cells_path
from data.cells.segmented_labels import read_segmented_labels
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.images_table import read_images
from data.fields.picture_files import refuse_other
from data.fields.pixel_size import ASSUMED, resolve_pixel_size
from stages.export.paths import ExportInputs

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class FieldPixels:
    """The pixels of a field.

    Attributes
    ----------
    channels
        What the planes of the image are.
    image
        (C, H, W), uint8 or uint16.
    nuclei, cells
        (H, W) uint16, label images.
    pixel_size_um
        In um; NaN where it is not known.
    is_assumed
        Whether no file states the pixel size.
    """

    channels: tuple[str, ...]
    image: NDArray[np.unsignedinteger]
    nuclei: NDArray[np.uint16]
    cells: NDArray[np.uint16]
    pixel_size_um: float
    is_assumed: bool


class PixelReader:
    """Read the pixels of fields; called from several threads."""

    def __init__(self, inputs: ExportInputs) -> None:
        if inputs.masks_dir is None:
            message = "no folder of masks"
            raise ValueError(message)
        self._masks_dir: Path = inputs.masks_dir
        images = read_images(inputs.images_table_path)
        self._sizes = dict(zip(images["image_id"], images["pixel_size_um"], strict=True))

    def read(self, field: Field) -> FieldPixels:
        """Read the pixels of a field.

        Raises
        ------
        InputError
            A picture or mask is missing, damaged, or not what was segmented.
        """
        segmented = read_pictures(field_cells_path(self._masks_dir, field.image_id))
        refuse_other(field, segmented)
        # One that was there when the field was segmented is not left out: it is missed.
        channels = tuple(name for name in CHANNELS if name in field.files or name in segmented)
        # Of a field without files this says why there are none.
        image = field.read(channels or CHANNELS)
        nuclei, cells = read_segmented_labels(self._masks_dir, field.image_id)
        for labels in (nuclei, cells):
            if labels.shape != image.shape[1:]:
                raise InputError(
                    found=f"an image of {image.shape[2]} x {image.shape[1]} px, but a mask of "
                    f"{labels.shape[1]} x {labels.shape[0]} px",
                    where=f"field {field.image_id}",
                    expected="the image that was segmented",
                    advice="run `hpacells segment` again",
                )
        size = float(self._sizes.get(field.image_id, np.nan))
        return FieldPixels(channels, image, nuclei, cells, size, _is_assumed(field))


class PixelRemarks:
    """Collects what is to be told of the pixels of many fields, each once with a count and an example."""

    def __init__(self) -> None:
        self._lacking: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._assumed: list[str] = []
        self._unknown: list[str] = []

    def add(
        self, image_id: str, channels: Collection[str], pixel_size_um: float | None, is_assumed: bool
    ) -> None:
        """Note what a field lacks."""
        lacking = tuple(name for name in CHANNELS if name not in channels)
        if lacking:
            self._lacking[lacking].append(image_id)
        if pixel_size_um is None:
            self._unknown.append(image_id)
        elif is_assumed:
            self._assumed.append(image_id)

    def tell(self) -> None:
        """Log it."""
        for channels, names in self._lacking.items():
            log.warning(
                "export: %d fields without %s, such as %s: their images have the other channels",
                len(names),
                " and ".join(channels),
                names[0],
            )
        if self._assumed:
            log.info(
                "export: the files of %d fields, such as %s, state no pixel size; written is that with which "
                "they were segmented (segment.pixel_size_um)",
                len(self._assumed),
                self._assumed[0],
            )
        if self._unknown:
            log.warning(
                "export: the pixel size of %d fields, such as %s, is not known: their lengths are px "
                "(segment.pixel_size_um states it)",
                len(self._unknown),
                self._unknown[0],
            )


def _is_assumed(field: Field) -> bool:
    try:
        return resolve_pixel_size(field).source == ASSUMED
    except InputError:
        # Several sizes, of which the setting chose.
        return False
