"""The cells of some images of a cells table, of which no more is in memory."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.cells.cells_table import cells_file_errors
from data.tables.coded_texts import as_texts, find_texts
from data.tables.parquet_rows import read_batches

_BATCH_ROWS = 8192


def read_cells_of_images(path: Path, columns: list[str], image_ids: Collection[str]) -> pd.DataFrame:
    """Read some columns, ``image_id`` among them, of the cells of some images, in the order of the table.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """
    wanted = pa.array(sorted(image_ids), pa.string())
    with cells_file_errors(path):
        schema = pq.read_schema(path)
        parts = [pa.schema([schema.field(name) for name in columns]).empty_table()]
        for batch in read_batches(path, _BATCH_ROWS, columns):
            is_wanted = find_texts(as_texts(batch["image_id"]), wanted) >= 0
            if is_wanted.any():
                parts.append(pa.Table.from_batches([batch.filter(pa.array(is_wanted))]).select(columns))
        return pa.concat_tables(parts).to_pandas()
