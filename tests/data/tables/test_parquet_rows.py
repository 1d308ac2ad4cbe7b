from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.tables.parquet_rows import ParquetRows, write_row_groups

TABLE = pa.table({"name": [f"cell {number % 13}" for number in range(1000)], "value": np.arange(1000) / 7})


def cut(lengths: list[int]) -> list[pa.Table]:
    starts = np.cumsum([0, *lengths])
    return [TABLE.slice(start, length) for start, length in zip(starts, lengths, strict=False)]


@pytest.mark.parametrize(
    "lengths", [[1000], [1, 999], [0, 300, 0, 700], [100] * 10, [7] * 142 + [6], [1] * 1000]
)
def test_equal_rows_make_equal_files(tmp_path: Path, lengths: list[int]) -> None:
    write_row_groups(tmp_path / "whole.parquet", [TABLE], 300, TABLE.schema.empty_table)
    write_row_groups(tmp_path / "parts.parquet", cut(lengths), 300, TABLE.schema.empty_table)
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert pq.read_table(tmp_path / "parts.parquet").equals(TABLE)
    metadata = pq.read_metadata(tmp_path / "parts.parquet")
    assert [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)] == [300] * 3 + [
        100
    ]


@pytest.mark.parametrize("parts", [[], [TABLE.slice(0, 0)]])
def test_a_table_without_rows_keeps_its_columns(tmp_path: Path, parts: list[pa.Table]) -> None:
    write_row_groups(tmp_path / "empty.parquet", parts, 300, TABLE.schema.empty_table)
    read = pq.read_table(tmp_path / "empty.parquet")
    assert (read.schema, len(read)) == (TABLE.schema, 0)


def test_rows_are_taken_in_order_as_many_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(TABLE.replace_schema_metadata({"kept": "yes"}), path, row_group_size=150)
    rows = ParquetRows(path, batch_rows=64)
    assert rows.rows == 1000
    assert rows.schema.metadata == {b"kept": b"yes"}
    taken = [rows.take(count) for count in (1, 0, 400, 598, 5, 5)]
    assert [len(part) for part in taken] == [1, 0, 400, 598, 1, 0]
    assert pa.concat_tables(taken).equals(TABLE)
