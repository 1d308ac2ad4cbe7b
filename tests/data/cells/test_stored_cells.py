import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from data.cells.cells_table import read_cells, write_cells
from data.cells.stored_cells import GROUP_ROWS, StoredCells, write_cell_parts
from data.errors import InputError
from tests.factories.cells_table import make_cells_table


def make(rows: int, **columns: object) -> pd.DataFrame:
    masks = [f"mask{number:06d}" for number in range(rows)]
    return make_cells_table([f"i{number // 20}" for number in range(rows)], rle=masks, **columns)


@pytest.mark.parametrize("rows", [0, 1, 500])
def test_a_small_table_is_the_same_file(tmp_path: Path, rows: int) -> None:
    table = make(rows)
    write_cells(tmp_path / "whole.parquet", table)
    write_cell_parts(tmp_path / "parts.parquet", [table.iloc[:100], table.iloc[100:]])
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    write_cell_parts(tmp_path / "none.parquet", [])
    assert read_cells(tmp_path / "none.parquet").empty


@pytest.mark.parametrize("rows", [GROUP_ROWS, GROUP_ROWS + 1, 2 * GROUP_ROWS + 77])
def test_a_large_table_is_written_in_groups(tmp_path: Path, rows: int) -> None:
    table = make(rows)
    parts = [table.iloc[start : start + 5000] for start in range(0, rows, 5000)]
    write_cell_parts(tmp_path / "cells.parquet", parts)
    pd.testing.assert_frame_equal(read_cells(tmp_path / "cells.parquet"), table)
    metadata = pq.read_metadata(tmp_path / "cells.parquet")
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert sizes == [GROUP_ROWS] * (rows // GROUP_ROWS) + [rows % GROUP_ROWS] * (rows % GROUP_ROWS > 0)


def test_masks_of_any_rows(tmp_path: Path) -> None:
    table = make(2 * GROUP_ROWS + 5)
    write_cell_parts(tmp_path / "cells.parquet", [table])
    stored = StoredCells(tmp_path / "cells.parquet")
    rows = np.random.default_rng(0).permutation(len(table))[:300]
    assert stored.read_masks(rows) == table["rle"].iloc[rows].tolist()
    assert stored.read_masks(np.empty(0, np.intp)) == []
    assert stored.read_masks(np.array([len(table) - 1, 0])) == [table["rle"].iloc[-1], "mask000000"]


def test_the_mean_size_of_a_mask(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    masks = ["".join(rng.choice(list("abcdefgh"), size)) for size in rng.integers(100, 3000, 1000)]
    write_cell_parts(tmp_path / "cells.parquet", [make(1000).assign(rle=masks)])
    mean = np.mean([len(mask) for mask in masks])
    assert StoredCells(tmp_path / "cells.parquet").mean_mask_bytes == pytest.approx(mean, rel=0.02)


def test_columns_are_replaced_in_place(tmp_path: Path) -> None:
    path, table = tmp_path / "cells.parquet", make(GROUP_ROWS + 9)
    write_cells(path, table)
    new = pd.DataFrame({"mean_red": np.arange(len(table), dtype=np.float32), "dropped": "too dark"})
    StoredCells(path).write_completed(path, lambda rows, _: new.iloc[rows])
    pd.testing.assert_frame_equal(read_cells(path), table.assign(**new))
    StoredCells(path).write_completed(path, lambda _, part: part[["area_px"]] + 1)
    pd.testing.assert_frame_equal(read_cells(path), table.assign(**new, area_px=table["area_px"] + 1))


def test_a_table_of_an_earlier_version(tmp_path: Path) -> None:
    path, table = tmp_path / "cells.parquet", make(3)
    table.drop(columns=["group", "image_hash"]).to_parquet(path)
    new = pd.DataFrame({"image_hash": ["f", "f", "e"]})
    StoredCells(path).write_completed(path, lambda rows, _: new.iloc[rows])
    pd.testing.assert_frame_equal(read_cells(path), table.assign(group="i0", image_hash=["f", "f", "e"]))


def test_what_is_no_cells_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        StoredCells(tmp_path / "cells.parquet")
    make(3).drop(columns="rle").to_parquet(tmp_path / "cells.parquet")
    with pytest.raises(InputError, match="no column rle"):
        StoredCells(tmp_path / "cells.parquet")
    (tmp_path / "cells.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match="not a cells table"):
        StoredCells(tmp_path / "cells.parquet")


def test_few_masks_are_in_memory(tmp_path: Path) -> None:
    path, part = tmp_path / "cells.parquet", make(GROUP_ROWS).assign(rle="m" * 1000)
    write_cell_parts(path, [part] * 6)
    tracemalloc.start()
    stored = StoredCells(path)
    for start in range(0, 6 * GROUP_ROWS, 1000):
        assert len(stored.read_masks(np.arange(start, start + 20))) == 20
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
