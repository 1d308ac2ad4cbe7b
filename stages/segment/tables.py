"""The tables of all fields, collected from the rows of each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from data.cells.cells_table import COLUMN_TYPES, CROPS_COLUMNS, add_new_columns, cells_file_errors
from data.cells.edited_masks import stamps_path
from data.cells.field_cells import read_field_cells
from data.cells.label_stamp import LabelStamp, read_stamps, write_stamps
from data.cells.stored_cells import StoredCells, write_cell_parts
from data.errors import InputError
from data.fields.images_table import COLUMN_TYPES as IMAGE_COLUMN_TYPES
from data.fields.images_table import read_images, write_images
from data.tables.parquet_rows import ParquetRows
from stages.segment.paths import SegmentOutputs


@dataclass
class _Collected:
    """What is known of the fields besides their cells: rows of the images table, and label images."""

    images: list[tuple[Any, ...]] = field(default_factory=list)
    stamps: dict[str, LabelStamp] = field(default_factory=dict)


def collect(outputs: SegmentOutputs, image_ids: Sequence[str]) -> None:
    """Join the rows of all fields into the two tables, and what is known of their label images.

    A table that holds just this stays as it is: the crops stage has completed the cells table.

    Raises
    ------
    InputError
        The rows of a field are missing or damaged.
    """
    found = _Collected()
    if not _holds(outputs.cells_path, _read_fields(outputs, image_ids, found)):
        found = _Collected()
        write_cell_parts(outputs.cells_path, _read_fields(outputs, image_ids, found))
    stamps = stamps_path(outputs.masks_dir)
    if read_stamps(stamps) != found.stamps or not found.stamps:
        write_stamps(stamps, found.stamps)
    images = pd.DataFrame(found.images, columns=list(IMAGE_COLUMN_TYPES)).astype(IMAGE_COLUMN_TYPES)
    try:
        is_same = read_images(outputs.images_table_path).equals(images)
    except InputError:
        is_same = False
    if not is_same:
        write_images(outputs.images_table_path, images)


def _read_fields(
    outputs: SegmentOutputs, image_ids: Iterable[str], found: _Collected
) -> Iterator[pd.DataFrame]:
    """Read the cells of one field after the other, and note the rest."""
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
        size = field_cells.image_height, field_cells.image_width
        found.images.append((image_id, *size, len(field_cells.table), field_cells.pixel_size_um))
        if field_cells.stamp is not None:
            found.stamps[image_id] = field_cells.stamp
        yield field_cells.table


def _holds(cells_path: Path, parts: Iterable[pd.DataFrame]) -> bool:
    """Check whether the cells table has these cells, whatever the crops stage has added to them."""
    columns = [name for name in COLUMN_TYPES if name not in CROPS_COLUMNS]
    try:
        # Refuses what is no cells table.
        StoredCells(cells_path)
        rows = ParquetRows(cells_path)
        for part in parts:
            with cells_file_errors(cells_path):
                table = add_new_columns(rows.take(len(part)).to_pandas())
            if not table[columns].equals(part[columns].reset_index(drop=True)):
                return False
        return not len(rows.take(1))
    except InputError:
        return False
