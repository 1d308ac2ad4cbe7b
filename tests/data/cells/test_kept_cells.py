import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.cells import kept_cells
from data.cells.kept_cells import KeptCells
from data.errors import InputError

COLUMNS = ["image_id", "cell_id", "dropped"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cells.parquet"


def write(path: Path, images: list[str], dropped: list[str] | None = None, group: int = 5) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "dropped": dropped or [""] * len(images),
            "area_px": 1,
            "image_id": pd.Series(images, dtype="str"),
            "cell_id": np.arange(len(images), dtype=np.int32),
        }
    )
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, row_group_size=group)
    return table


@given(
    images=st.lists(st.sampled_from("abcdef"), max_size=40),
    seed=st.integers(0, 99),
    least=st.integers(1, 7),
    batch=st.integers(1, 9),
    dropped=st.booleans(),
)
def test_parts_are_the_kept_cells_with_whole_images(
    tmp_path_factory: pytest.TempPathFactory,
    images: list[str],
    seed: int,
    least: int,
    batch: int,
    dropped: bool,
) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.parquet"
    reasons = np.random.default_rng(seed).choice(["", "too small"], len(images)).tolist()
    table = write(path, images, reasons)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kept_cells, "PART_ROWS", least)
        patched.setattr(kept_cells, "_BATCH_ROWS", batch)
        cells = KeptCells(path, dropped=dropped)
        parts = list(cells.read())
    expected = table if dropped else table[table["dropped"] == ""]
    assert cells.total == len(images)
    assert cells.rows.tolist() == expected.index.tolist()
    assert sum(map(len, parts)) == len(expected)
    if parts:
        joined = pd.concat(parts, ignore_index=True)[COLUMNS]
        pd.testing.assert_frame_equal(joined, expected[COLUMNS].reset_index(drop=True))
    assert all(map(len, parts))
    seen: set[str] = set()
    for part in parts:
        assert seen.isdisjoint(part["image_id"])
        seen.update(part["image_id"])


def test_parts_are_no_longer_than_their_images_ask_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_cells, "PART_ROWS", 4)
    # The image a is in two places, and so is all between them in one part.
    write(path, [*"aabbbccddddd", *"eafghi"])
    assert [len(part) for part in KeptCells(path).read()] == [14, 4]
    write(path, [*"aabbbccdddddd"])
    assert [len(part) for part in KeptCells(path).read()] == [5, 8]


def test_what_is_no_cells_table(path: Path) -> None:
    with pytest.raises(InputError, match="no such file.*hpacells segment"):
        KeptCells(path)
    write(path, ["a"])
    pq.write_table(pq.read_table(path).drop_columns("dropped"), path)
    with pytest.raises(InputError, match="not a cells table .*no column dropped"):
        KeptCells(path)


def test_of_a_cell_little_more_than_its_row_is_kept(path: Path) -> None:
    peaks = []
    for images in (500, 3000):
        names = [f"an image of a plate with a long name, number {number}" for number in range(images)]
        write(path, np.repeat(names, 20).tolist(), group=4096)
        tracemalloc.start()
        cells = KeptCells(path)
        assert sum(map(len, cells.read())) == 20 * images
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The row's number, and of each image some numbers.
    assert peaks[1] - peaks[0] < 25 * 20 * 2500
