"""The segmented fields of a report."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.field_cells import read_pictures
from data.cells.record_paths import field_cells_path
from data.errors import InputError
from data.fields.fewer_channels.absent_channels import insert_absent
from data.fields.field import Field
from data.fields.picture_files import refuse_other
from data.images.grey_levels import to_uint8
from data.masks.label_image import read_label_image
from data.plots.composites import find_contrast
from stages.inspect.cells.places import Places
from stages.inspect.cells.shown_field import ShownField
from stages.inspect.paths import InspectInputs


class SegmentedFields:
    """Read the fields that are shown, and write their files; called from several threads.

    Parameters
    ----------
    inputs
        The fields and the files of their cells.
    images
        Rows of the images table of the fields that are shown, in their order.
    table
        The cells table.
    channels
        The channels that the fields have.
    """

    def __init__(
        self, inputs: InspectInputs, images: pd.DataFrame, table: pd.DataFrame, channels: Sequence[str]
    ) -> None:
        self._inputs, self._channels = inputs, channels
        self._fields = {field.image_id: field for field in inputs.fields}
        rows = table.groupby("image_id").indices.items()
        self._rows = {str(image_id): np.asarray(part, np.intp) for image_id, part in rows}
        self._numbers = table["cell_id"].to_numpy(np.int32)
        self.titles: list[str] = images["image_id"].tolist()
        self._um: list[float] = images["pixel_size_um"].tolist()

    def __len__(self) -> int:
        """Count the fields that are shown."""
        return len(self.titles)

    @property
    def pages(self) -> Sequence[int]:
        """The numbers of the fields, from 1."""
        return range(1, len(self) + 1)

    @property
    def places(self) -> Places:
        """Where each cell is shown."""
        page = np.zeros(len(self._numbers), np.int32)
        for number in self.pages:
            page[self.rows(number)] = number
        return Places(page, self._numbers)

    def rows(self, page: int) -> NDArray[np.intp]:
        """Return the rows of a field's cells."""
        return self._rows.get(self.titles[page - 1], np.zeros(0, np.intp))

    def read(self, page: int) -> ShownField:
        """Read a field.

        Raises
        ------
        InputError
            It is not there, damaged, or another than the one that was segmented.
        """
        image_id, rows, um = self.titles[page - 1], self.rows(page), self._um[page - 1]
        field = self._field(image_id)
        refuse_other(field, read_pictures(field_cells_path(self._inputs.masks_dir, image_id)))
        image = insert_absent(to_uint8(field.read(self._channels)), self._channels)
        return ShownField(
            page=page,
            title=image_id,
            image=image,
            contrast=find_contrast(image),
            labels=read_label_image(self._inputs.masks_dir / f"{image_id}_cells.png"),
            rows=rows,
            numbers=self._numbers[rows],
            um=um if np.isfinite(um) else None,
        )

    def _field(self, image_id: str) -> Field:
        if image_id not in self._fields:
            raise InputError(
                found=f"no field {image_id}",
                where=self._inputs.images_dir,
                expected="the images that were segmented",
            )
        return self._fields[image_id]
