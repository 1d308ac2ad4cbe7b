"""A cells table on the disk, read and written a few thousand rows at a time.

The mask strings are most of a table, 2 kB a cell: of a large set no more than a group of them is in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.cells.cells_table import COLUMN_TYPES, add_new_columns, cells_file_errors, missing_columns
from data.cells.image_parts import read_image_parts
from data.tables.parquet_rows import read_batches, write_row_groups

GROUP_ROWS = 16_384
"""Rows in a row group of the file, which is what is read at once: 30 MB of mask strings."""

_MASKS = "rle"


class StoredCells:
    """Read a cells table part by part.

    Parameters
    ----------
    path
        The table.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with cells_file_errors(path):
            metadata = pq.read_metadata(path)
            missing = missing_columns(metadata.schema.to_arrow_schema().names)
            if missing:
                message = f"no column {', '.join(missing)}"
                raise KeyError(message)
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        self._starts = np.cumsum([0, *(group.num_rows for group in groups)])
        column = metadata.schema.names.index(_MASKS)
        size = sum(group.column(column).total_uncompressed_size for group in groups)
        self._mask_bytes = size / max(1, metadata.num_rows)
        # A group and the one before it: neighbouring images may share one.
        self._read_group = lru_cache(maxsize=2)(self._read_masks_of_group)

    def __len__(self) -> int:
        """How many cells the table has."""
        return int(self._starts[-1])

    @property
    def mean_mask_bytes(self) -> float:
        """Characters of a mask string on average, by the file's metadata."""
        return self._mask_bytes

    def read_images(self, columns: list[str]) -> Iterator[pd.DataFrame]:
        """Read some columns of the rows in their order, all cells of some images at a time.

        Raises
        ------
        InputError
            The file can no longer be read.
        """
        with cells_file_errors(self._path):
            yield from read_image_parts(self._path, columns)

    def read_masks(self, rows: NDArray[np.integer]) -> list[str]:
        """Read the mask strings of some rows, in their order; fastest where these are near each other."""
        groups = np.searchsorted(self._starts, rows, side="right") - 1
        masks = np.empty(len(rows), object)
        for number in np.unique(groups).tolist():
            places = np.flatnonzero(groups == number)
            taken = self._read_group(number).take(pa.array(rows[places] - self._starts[number]))
            masks[places] = taken.to_pylist()
        return masks.tolist()

    def write_completed(self, path: Path, complete: Callable[[slice, pd.DataFrame], pd.DataFrame]) -> None:
        """Write the table with some columns replaced, some thousands of rows at a time.

        Parameters
        ----------
        path
            The new table, which may take the place of this one.
        complete
            Gets which rows it is about and these rows, and returns their columns, (n, k).

        Raises
        ------
        InputError
            The file can no longer be read.
        """
        write_cell_parts(path, self._completed(complete))

    def _completed(self, complete: Callable[[slice, pd.DataFrame], pd.DataFrame]) -> Iterator[pd.DataFrame]:
        start = 0
        for table in self._read_rows():
            columns = complete(slice(start, start + len(table)), table)
            start += len(table)
            yield table.assign(**{name: columns[name].to_numpy() for name in columns.columns})

    def _read_rows(self) -> Iterator[pd.DataFrame]:
        with cells_file_errors(self._path):
            for batch in read_batches(self._path, GROUP_ROWS):
                yield add_new_columns(batch.to_pandas())

    def _read_masks_of_group(self, number: int) -> pa.Array:
        with cells_file_errors(self._path), pq.ParquetFile(self._path) as file:
            column = file.read_row_group(number, columns=[_MASKS])[_MASKS]
        # Of several chunks Arrow would join all for each choice of rows.
        joined = column.combine_chunks()
        return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined


def write_cell_parts(path: Path, parts: Iterable[pd.DataFrame]) -> None:
    """Write a cells table as Parquet (zstd) from parts of any lengths, one after the other."""
    tables = (_as_arrow(part) for part in parts)
    write_row_groups(path, tables, GROUP_ROWS, lambda: _as_arrow(pd.DataFrame(columns=list(COLUMN_TYPES))))


def _as_arrow(table: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(table[list(COLUMN_TYPES)].astype(COLUMN_TYPES), preserve_index=False)
