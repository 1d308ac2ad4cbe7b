from pathlib import Path

import numpy as np
import pandas as pd

from data.cells.cells_table import measure_cells
from data.cells.field_cells import (
    FieldCells,
    read_field_cells,
    read_key,
    read_versions,
    write_field_cells,
)
from data.software.versions import library_versions


def test_round_trip(tmp_path: Path) -> None:
    cells = np.array([[1, 1, 0], [0, 2, 2]], np.uint16)
    path = tmp_path / "a.parquet"
    write_field_cells(path, FieldCells("some key", 2, 3, measure_cells("a", cells, cells)))
    read = read_field_cells(path)
    assert read is not None
    assert (read.key, read.image_height, read.image_width) == ("some key", 2, 3)
    pd.testing.assert_frame_equal(read.table, measure_cells("a", cells, cells))
    assert read_key(path) == ("some key", None)


def test_empty_field_keeps_its_size(tmp_path: Path) -> None:
    empty = np.zeros((4, 5), np.uint16)
    write_field_cells(tmp_path / "a.parquet", FieldCells("k", 4, 5, measure_cells("a", empty, empty)))
    read = read_field_cells(tmp_path / "a.parquet")
    assert read is not None
    assert (len(read.table), read.image_height, read.image_width) == (0, 4, 5)


def test_missing_or_half_written_counts_as_not_done(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    assert read_field_cells(path) is None
    assert read_key(path) is None
    path.write_bytes(b"PAR1half")
    assert read_field_cells(path) is None
    assert read_key(path) is None


def test_the_versions_of_libraries_are_kept(tmp_path: Path) -> None:
    empty = np.zeros((4, 5), np.uint16)
    write_field_cells(tmp_path / "a.parquet", FieldCells("k", 4, 5, measure_cells("a", empty, empty)))
    assert read_versions(tmp_path / "a.parquet") == library_versions()
    assert read_versions(tmp_path / "b.parquet") == {}


def test_a_flipped_bit_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    cells, path = np.array([[1, 1, 0], [0, 2, 2]], np.uint16), tmp_path / "a.parquet"
    written = FieldCells("some key", 2, 3, measure_cells("a", cells, cells), pixel_size_um=0.08)
    write_field_cells(path, written)
    content, random, noticed = path.read_bytes(), np.random.default_rng(1), 0
    for place in random.integers(0, len(content), 200):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        read = read_field_cells(path)
        noticed += read is None
        if read is not None:
            pd.testing.assert_frame_equal(read.table, written.table)
            assert (read.key, read.image_height, read.image_width) == ("some key", 2, 3)
            assert read.pixel_size_um == 0.08
    assert noticed > 50
