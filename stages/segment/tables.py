"""The tables of all fields, collected from the rows of each."""

from collections.abc import Iterator

import pandas as pd

from data.cells.edited_masks import stamps_path
from data.cells.field_cells import read_field_cells
from data.cells.label_stamp import write_stamps
from data.cells.stored_cells import write_cell_parts
from data.errors import InputError
from data.fields.images_table import COLUMN_TYPES as IMAGE_COLUMN_TYPES
from data.fields.images_table import read_images, write_images
from stages.segment.paths import SegmentOutputs


def is_collected(outputs: SegmentOutputs, image_ids: list[str]) -> bool:
    """Check whether the tables hold just these fields, and none was segmented since they were written."""
    files = outputs.cells_path, outputs.images_table_path, stamps_path(outputs.masks_dir)
    if not all(path.is_file() for path in files):
        return False
    written = outputs.images_table_path.stat().st_mtime_ns
    return read_images(outputs.images_table_path)["image_id"].tolist() == image_ids and all(
        outputs.rows_path(image_id).stat().st_mtime_ns <= written for image_id in image_ids
    )


def collect(outputs: SegmentOutputs, image_ids: list[str]) -> None:
    """Join the rows of all fields into the two tables, and what is known of their label images."""
    images, stamps = [], {}

    def read_parts() -> Iterator[pd.DataFrame]:
        for image_id in image_ids:
            path = outputs.rows_path(image_id)
            field_cells = read_field_cells(path)
            if field_cells is None:
                raise InputError(
                    found="vanished while the other fields were segmented",
                    where=path,
                    advice="run `hpacells segment` again",
                )
            size = field_cells.image_height, field_cells.image_width
            images.append((image_id, *size, len(field_cells.table), field_cells.pixel_size_um))
            if field_cells.stamp is not None:
                stamps[image_id] = field_cells.stamp
            yield field_cells.table

    write_cell_parts(outputs.cells_path, read_parts())
    write_stamps(stamps_path(outputs.masks_dir), stamps)
    # Last: its time says when the tables were written.
    write_images(outputs.images_table_path, pd.DataFrame(images, columns=list(IMAGE_COLUMN_TYPES)))
