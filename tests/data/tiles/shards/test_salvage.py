"""Damaged tile stores, of which the whole shards are kept."""

import contextlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import InputError
from data.text.hashed_json import format_hashed, read_hashed
from data.tiles.cell_tiles import CellTiles
from data.tiles.shards import store_progress
from data.tiles.shards.salvage import find_damage
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter

COUNT = 14
"""Cells: three shards of four, and two more."""

_INNER = {"tiles": "0/0/0", "cell_mask": "0/0", "nucleus_mask": "0/0", "mean_intensity": "0"}
"""Names of the files of an array behind the number of the shard."""


def tiles_of(rows: NDArray[np.integer], seed: int = 0) -> CellTiles:
    rng = np.random.default_rng(seed)
    levels = rng.integers(1, 256, (COUNT, 4, 1, 1), dtype=np.uint8)[rows]
    masks = np.broadcast_to((rows % 2 == 0)[:, np.newaxis, np.newaxis], (len(rows), 256, 256))
    means = np.stack([rows, rows + 1, rows + 2, rows + 3], axis=1).astype(np.float32)
    return CellTiles(np.broadcast_to(levels, (len(rows), 4, 256, 256)), masks, ~masks, means)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 4)
    writer = TileWriter(tmp_path / "tiles.zarr", COUNT, "key")
    writer.append(tiles_of(np.arange(COUNT)))
    writer.finish()
    return tmp_path / "tiles.zarr"


def spoil(file: Path, how: str) -> None:
    content = bytearray(file.read_bytes())
    if how == "remove":
        file.unlink()
    elif how == "cut":
        file.write_bytes(content[:-7])
    else:
        content[len(content) // 3] ^= 16
        file.write_bytes(content)


def notice(path: Path) -> None:
    """Read the store as a user of it does, who finds the damage."""
    with contextlib.suppress(InputError):
        store, rows = TileStore(path), np.arange(COUNT)
        for read in (store.read, store.cell_masks, store.nucleus_masks):
            read(rows)
        store.mean_intensities()


def rows_to_write(path: Path) -> list[int]:
    return TileWriter(path, COUNT, "key").rows_to_write.tolist()


def mend(path: Path, step: int = 3) -> NDArray[np.integer]:
    """Write what is lost with other values in steps; return the rows."""
    writer = TileWriter(path, COUNT, "key")
    rows = writer.rows_to_write
    for start in range(0, len(rows), step):
        writer.append(tiles_of(rows[start : start + step], seed=1))
    writer.finish()
    return rows


def assert_mended(path: Path, rows: NDArray[np.integer]) -> None:
    store, everything = TileStore(path), np.arange(COUNT)
    expected = tiles_of(everything).tiles.copy()
    expected[rows] = tiles_of(rows, seed=1).tiles
    assert np.array_equal(store.read(everything), expected)
    assert np.array_equal(store.cell_masks(everything), tiles_of(everything).cell_masks)
    assert np.array_equal(store.nucleus_masks(everything), tiles_of(everything).nucleus_masks)
    assert np.array_equal(store.mean_intensities(), tiles_of(everything).mean_intensities)
    assert [file.name for file in path.parent.iterdir()] == ["tiles.zarr"]
    assert not (path / "damaged").exists()


@pytest.mark.parametrize("how", ["remove", "cut", "flip"])
@pytest.mark.parametrize("array", ["tiles", "cell_mask", "nucleus_mask", "mean_intensity"])
@pytest.mark.parametrize("shards", [(0,), (2,), (3,), (1, 3)])
def test_only_the_cells_of_damaged_shards_are_written_again(
    path: Path, array: str, how: str, shards: tuple[int, ...]
) -> None:
    for shard in shards:
        spoil(path / array / "c" / str(shard) / _INNER[array], how)
    notice(path)
    rows = mend(path)
    expected = itertools.chain.from_iterable(range(4 * shard, min(4 * shard + 4, COUNT)) for shard in shards)
    assert rows.tolist() == list(expected)
    assert_mended(path, rows)


def test_a_mend_that_was_killed_is_gone_on_with(path: Path) -> None:
    for shard in (0, 2, 3):
        spoil(path / f"tiles/c/{shard}/0/0/0", "flip")
    notice(path)
    TileWriter(path, COUNT, "key").append(tiles_of(np.arange(4), seed=1))
    writer = TileWriter(path, COUNT, "key")
    assert writer.rows_to_write.tolist() == [8, 9, 10, 11, 12, 13]
    writer.append(tiles_of(writer.rows_to_write, seed=1))
    writer.finish()
    assert_mended(path, np.array([0, 1, 2, 3, 8, 9, 10, 11, 12, 13]))


def test_a_mend_that_was_killed_before_its_first_shard(path: Path) -> None:
    spoil(path / "tiles/c/0/0/0/0", "flip")
    notice(path)
    TileWriter(path, COUNT, "key")
    assert rows_to_write(path) == [0, 1, 2, 3]
    assert_mended(path, mend(path))


@pytest.mark.parametrize("name", ["zarr.json", "tiles/zarr.json", "contents.json"])
def test_with_damaged_metadata_all_is_written_again(path: Path, name: str) -> None:
    spoil(path / name, "cut")
    notice(path)
    assert rows_to_write(path) == list(range(COUNT))


def test_a_store_of_another_key_or_number_of_cells_or_of_other_libraries(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(path / "tiles/c/1/0/0/0", "remove")
    notice(path)
    with monkeypatch.context() as changed:
        changed.setattr(store_progress, "library_versions", lambda: {"opencv": "0.1"})
        changed.setattr(store_progress, "find_differences", lambda versions: ["opencv"] if versions else [])
        changed.setattr(store_progress, "name_differences", str)
        assert rows_to_write(path) == list(range(COUNT))
    assert TileWriter(path, COUNT, "other").rows_to_write.tolist() == list(range(COUNT))
    assert TileWriter(path, COUNT - 1, "key").rows_to_write.tolist() == list(range(COUNT - 1))


def test_a_whole_store_is_written_again(path: Path) -> None:
    assert rows_to_write(path) == list(range(COUNT))
    assert len(TileStore(path)) == COUNT


def test_shards_of_black_tiles_have_no_file_and_are_whole(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 4)
    path = tmp_path / "tiles.zarr"
    writer = TileWriter(path, COUNT, "key")
    writer.append(CellTiles.blank(8, 256))
    writer.append(tiles_of(np.arange(8, COUNT)))
    writer.finish()
    assert not (path / "tiles/c/0/0/0/0").exists()
    spoil(path / "tiles/c/2/0/0/0", "remove")
    damage = find_damage(path, COUNT)
    assert damage is not None
    assert [str(file.relative_to(path)) for file in damage.files] == ["tiles/c/2/0/0/0"]
    assert np.flatnonzero(damage.rows).tolist() == [8, 9, 10, 11]


def test_progress_of_earlier_versions_is_read(path: Path) -> None:
    record = read_hashed(path / "progress.json")
    del record["whole"]
    folder = path.with_name(".tiles.zarr.partial")
    path.rename(folder)
    (folder / "progress.json").write_text(format_hashed(record | {"rows": 8}))
    assert rows_to_write(path) == list(range(8, COUNT))


def test_damaged_progress_of_an_unfinished_store_counts_as_none(tmp_path: Path) -> None:
    written = store_progress.Progress(256, (2,))
    store_progress.record_progress(tmp_path, "key", 900, written)
    path = tmp_path / store_progress.PROGRESS
    content, kept = path.read_bytes(), []
    assert store_progress.read_progress(tmp_path, "key", 900, tmp_path) == written
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        if store_progress.read_progress(tmp_path, "key", 900, tmp_path) != store_progress.Progress(0):
            kept.append(bytes(damaged))
    assert kept == []
