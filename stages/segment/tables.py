"""The tables of all fields, collected from the rows of each."""

from collections.abc import Sequence

import pandas as pd

from data.cells.cells_table import COLUMN_TYPES, CROPS_COLUMNS, read_cells, write_cells
from data.cells.edited_masks import stamps_path
from data.cells.field_cells import read_field_cells
from data.cells.label_stamp import read_stamps, write_stamps
from data.errors import InputError
from data.fields.images_table import COLUMN_TYPES as IMAGE_COLUMN_TYPES
from data.fields.images_table import read_images, write_images
from stages.segment.paths import SegmentOutputs


def collect(outputs: SegmentOutputs, image_ids: Sequence[str]) -> None:
    """Join the rows of all fields into the two tables, and what is known of their label images.

    A table that holds just this stays as it is: the crops stage has completed the cells table.

    Raises
    ------
    InputError
        The rows of a field are missing or damaged.
    """
    tables = [pd.DataFrame(columns=list(COLUMN_TYPES)).astype(COLUMN_TYPES)]
    rows, stamps = [], {}
    for image_id in image_ids:
        path = outputs.rows_path(image_id)
        field_cells = read_field_cells(path)
        if field_cells is None:
            raise InputError(
                found="missing or damaged",
                where=path,
                expected="the cells of that field",
                advice="run `hpacells segment` again, which segments only that field",
            )
        tables.append(field_cells.table)
        size = field_cells.image_height, field_cells.image_width
        rows.append((image_id, *size, len(field_cells.table), field_cells.pixel_size_um))
        if field_cells.stamp is not None:
            stamps[image_id] = field_cells.stamp
    cells = pd.concat(tables, ignore_index=True)
    if not _holds(outputs, cells):
        write_cells(outputs.cells_path, cells)
    if read_stamps(stamps_path(outputs.masks_dir)) != stamps or not stamps:
        write_stamps(stamps_path(outputs.masks_dir), stamps)
    images = pd.DataFrame(rows, columns=list(IMAGE_COLUMN_TYPES)).astype(IMAGE_COLUMN_TYPES)
    try:
        is_same = read_images(outputs.images_table_path).equals(images)
    except InputError:
        is_same = False
    if not is_same:
        write_images(outputs.images_table_path, images)


def _holds(outputs: SegmentOutputs, cells: pd.DataFrame) -> bool:
    """Check whether the cells table has these cells, whatever the crops stage has added to them."""
    try:
        # Column by column, since the masks of a large set take much memory.
        return all(
            read_cells(outputs.cells_path, [name])[name].equals(cells[name])
            for name in COLUMN_TYPES
            if name not in CROPS_COLUMNS
        )
    except InputError:
        return False
