"""Rows of Parquet files, taken and written some at a time, so that no large table is held in memory."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from data.atomic import atomic_write

_BUFFER_BYTES = 2**16

_MOST_WAITING = 256
"""Parts that wait to be written before they are joined: a table of few rows takes some 30 kB besides them."""


class ParquetRows:
    """Take the rows of a Parquet file in their order, as many as are asked for each time.

    Parameters
    ----------
    path
        The file.
    batch_rows
        Rows that are read at once.
    columns
        Columns that are read; by default all.

    Attributes
    ----------
    schema
        Columns that are read, with the file's metadata.
    rows
        How many rows it has.
    """

    def __init__(self, path: Path, batch_rows: int = 256, columns: list[str] | None = None) -> None:
        with pq.ParquetFile(path) as file:
            schema, self.rows = file.schema_arrow, int(file.metadata.num_rows)
        names = schema.names if columns is None else columns
        self.schema = pa.schema([schema.field(name) for name in names], schema.metadata)
        self._batches = read_batches(path, batch_rows, columns)
        self._waiting = self.schema.empty_table()

    def take(self, count: int) -> pa.Table:
        """Take the next rows, fewer where the file ends."""
        parts, missing = [], count
        while missing:
            if not len(self._waiting):
                batch = next(self._batches, None)
                if batch is None:
                    break
                self._waiting = pa.Table.from_batches([batch], self.schema)
            parts.append(self._waiting.slice(0, missing))
            self._waiting = self._waiting.slice(missing)
            missing -= len(parts[-1])
        return pa.concat_tables(parts) if parts else self.schema.empty_table()


def read_batches(
    path: Path, batch_rows: int = 4096, columns: list[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read a Parquet file some rows at a time."""
    # By a small buffer, so that many tables can be read side by side.
    with pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER_BYTES) as file:
        # Of several groups Arrow would read all into memory beforehand.
        for group in range(file.num_row_groups):
            yield from file.iter_batches(batch_rows, row_groups=[group], columns=columns)


def filter_image(schema: pa.Schema, image_id: str) -> list[tuple[str, str, str]] | None:
    """Return the filter by which Arrow reads the rows of one image; None where it cannot compare the IDs.

    Then all rows are read, and chosen afterwards: other programs write IDs in types of their own.
    """
    kind = schema.field("image_id").type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return [("image_id", "==", image_id)] if is_text else None


def write_row_groups(
    path: Path,
    parts: Iterable[pa.Table],
    group_rows: int,
    make_empty: Callable[[], pa.Table],
    compression: Literal["zstd", "snappy"] = "zstd",
) -> None:
    """Write a Parquet file in groups of so many rows, from parts of any lengths.

    Equal rows make equal files, however they are cut into parts.

    Parameters
    ----------
    path
        The file.
    parts
        Tables of one schema, written one after the other.
    group_rows
        Rows of a group.
    make_empty
        Makes the table that is written where there is no part.
    compression
        Of its pages.
    """
    remaining = iter(parts)
    first = next(remaining, None)
    waiting = [make_empty() if first is None else first]
    with (
        atomic_write(path) as temporary,
        pq.ParquetWriter(temporary, waiting[0].schema, compression=compression) as writer,
    ):
        rows, written = len(waiting[0]), 0
        for part in itertools.chain([None], remaining):
            if part is not None:
                waiting.append(part)
                rows += len(part)
            if len(waiting) > _MOST_WAITING:
                waiting = [pa.concat_tables(waiting).combine_chunks()]
            while rows >= group_rows:
                waiting = _write_group(writer, waiting, group_rows)
                rows, written = rows - group_rows, written + group_rows
        if rows or not written:
            _write_group(writer, waiting, group_rows)


def _write_group(writer: pq.ParquetWriter, waiting: list[pa.Table], group_rows: int) -> list[pa.Table]:
    joined = pa.concat_tables(waiting)
    # The pages of a file depend on the chunks that its rows are in.
    writer.write_table(joined.slice(0, group_rows).combine_chunks(), row_group_size=group_rows)
    return [joined.slice(group_rows)]
