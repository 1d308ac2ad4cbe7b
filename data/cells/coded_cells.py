"""Columns of a cells table whose texts are numbered, each text in memory once."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.cells.cells_table import add_new_columns, cells_file_errors
from data.cells.image_parts import ADDED
from data.tables.parquet_rows import read_batches

_BATCH_ROWS = 8192


def read_coded_cells(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read some columns of a cells table, ``image_id`` among them; those of text are categories.

    A table of a version without ``group`` and ``image_hash`` is read, too: each image is then a group.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """
    with cells_file_errors(path):
        present = pq.read_schema(path).names
        stored = [name for name in columns if name in present or name not in ADDED]
        missing = [name for name in stored if name not in present]
        if missing:
            message = f"no column {', '.join(missing)}"
            raise KeyError(message)
        read: dict[str, list[pa.Array]] = {name: [] for name in stored}
        for batch in read_batches(path, _BATCH_ROWS, stored):
            for name in stored:
                read[name].append(_encode(batch[name]))
        if not any(read.values()):
            return add_new_columns(pq.read_table(path, columns=stored).to_pandas())[columns]
        # One after the other, so that no more than one is there twice.
        return add_new_columns(pd.DataFrame({name: _join(read.pop(name)) for name in stored}))[columns]


def _encode(values: pa.Array) -> pa.Array:
    is_text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    return values.dictionary_encode() if is_text else values


def _join(parts: list[pa.Array]) -> pd.Series:
    column = pa.chunked_array(parts)
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return column.combine_chunks().to_pandas()
