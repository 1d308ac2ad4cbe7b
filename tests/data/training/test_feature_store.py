from pathlib import Path

import numpy as np
import pytest

from data.training.feature_store import FeatureStore

FEATURES = np.random.default_rng(1).normal(size=(9, 5)).astype(np.float32)


def test_rows_come_back_as_they_were_written_in_any_order(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "cells.npy", 9, 5)
    rows = np.array([7, 0, 3])
    store.write(rows, FEATURES[rows])
    np.testing.assert_array_equal(store.open()[rows], FEATURES[rows])
    assert store.open().dtype == np.float32
    assert store.find_missing(np.array([3, 8, 7, 8, 1])).tolist() == [1, 8]


def test_a_later_process_goes_on_where_one_was_killed(tmp_path: Path) -> None:
    FeatureStore(tmp_path / "cells.npy", 9, 5).write(np.arange(4), FEATURES[:4])
    later = FeatureStore(tmp_path / "cells.npy", 9, 5)
    assert later.find_missing(np.arange(9)).tolist() == [4, 5, 6, 7, 8]
    later.write(np.arange(4, 9), FEATURES[4:])
    assert not len(later.find_missing(np.arange(9)))
    np.testing.assert_array_equal(later.open(), FEATURES)


@pytest.mark.parametrize("value", [0.0, np.nan, 3.0])
def test_a_row_that_is_not_as_it_was_written_is_missing(tmp_path: Path, value: float) -> None:
    path = tmp_path / "cells.npy"
    FeatureStore(path, 9, 5).write(np.arange(9), FEATURES)
    damaged = np.load(path, mmap_mode="r+")
    damaged[6, 2] = value
    damaged.flush()
    assert FeatureStore(path, 9, 5).find_missing(np.arange(9)).tolist() == [6]


def test_a_row_of_zeros_counts_as_computed(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "cells.npy", 9, 5)
    store.write(np.array([2]), np.zeros((1, 5), np.float32))
    assert FeatureStore(tmp_path / "cells.npy", 9, 5).find_missing(np.array([2, 3])).tolist() == [3]


@pytest.mark.parametrize("name", ["cells.npy", "cells.crc32.npy"])
@pytest.mark.parametrize("size", [None, 0, 60, 140])
def test_files_that_are_missing_or_cut_short_are_made_again(
    tmp_path: Path, name: str, size: int | None
) -> None:
    FeatureStore(tmp_path / "cells.npy", 9, 5).write(np.arange(9), FEATURES)
    path = tmp_path / name
    if size is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:size])
    store = FeatureStore(tmp_path / "cells.npy", 9, 5)
    assert len(store.find_missing(np.arange(9))) == 9
    store.write(np.arange(9), FEATURES)
    np.testing.assert_array_equal(store.open(), FEATURES)


def test_a_file_of_another_shape_is_replaced(tmp_path: Path) -> None:
    FeatureStore(tmp_path / "cells.npy", 9, 5).write(np.arange(9), FEATURES)
    store = FeatureStore(tmp_path / "cells.npy", 9, 6)
    assert store.open().shape == (9, 6)
    assert len(store.find_missing(np.arange(9))) == 9


def test_rows_that_nobody_asks_for_take_no_room(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "cells.npy", 100_000, 1536)
    store.write(np.array([99_999]), np.ones((1, 1536), np.float32))
    stat = (tmp_path / "cells.npy").stat()
    assert stat.st_size > 600_000_000
    assert stat.st_blocks * 512 < 1_000_000
