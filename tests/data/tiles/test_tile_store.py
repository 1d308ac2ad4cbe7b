from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.shards import store_progress
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter


def make_tiles(count: int, seed: int = 0) -> CellTiles:
    rng = np.random.default_rng(seed)
    plane = (TILE_SIZE, TILE_SIZE)
    return CellTiles(
        rng.integers(0, 256, (count, 4, 1, 1), dtype=np.uint8) * np.ones((1, 1, *plane), np.uint8),
        rng.random((count, *plane)) > 0.5,
        rng.random((count, *plane)) > 0.8,
        rng.random((count, 4), dtype=np.float32),
    )


def rows_of(tiles: CellTiles, start: int, stop: int) -> CellTiles:
    return CellTiles(*(getattr(tiles, name)[start:stop] for name in CellTiles.__dataclass_fields__))


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 4)


@pytest.mark.parametrize("count", [0, 1, 4, 11])
@pytest.mark.parametrize("step", [1, 3, 11])
def test_what_is_written_is_read(tmp_path: Path, count: int, step: int) -> None:
    tiles = make_tiles(count)
    writer = TileWriter(tmp_path / "tiles.zarr", count, "key")
    for start in range(0, count, step):
        writer.append(rows_of(tiles, start, min(start + step, count)))
    assert np.array_equal(writer.finish().mean_intensities(), tiles.mean_intensities)
    store = TileStore(tmp_path / "tiles.zarr")
    assert len(store) == count
    rows = np.random.default_rng(1).permutation(count)
    assert np.array_equal(store.read(rows), tiles.tiles[rows])
    assert np.array_equal(store.cell_masks(rows), tiles.cell_masks[rows])
    assert np.array_equal(store.nucleus_masks(rows), tiles.nucleus_masks[rows])


def test_channels_and_repeated_rows_in_any_order(tmp_path: Path) -> None:
    tiles = make_tiles(6)
    writer = TileWriter(tmp_path / "tiles.zarr", 6, "key")
    writer.append(tiles)
    writer.finish()
    store = TileStore(tmp_path / "tiles.zarr")
    rows = np.array([5, 0, 5, 3])
    assert np.array_equal(store.read(rows, ("yellow", "green")), tiles.tiles[rows][:, [3, 1]])


def test_one_channel_is_read_without_the_others(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path / "tiles.zarr", 4, "key")
    writer.append(make_tiles(4))
    writer.finish()
    store = TileStore(tmp_path / "tiles.zarr")
    assert store._arrays["tiles"].chunks == (1, 1, TILE_SIZE, TILE_SIZE)
    assert store._arrays["tiles"].shards == (4, 4, TILE_SIZE, TILE_SIZE)


def test_nothing_is_read_before_it_is_finished(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path / "tiles.zarr", 8, "key")
    writer.append(make_tiles(5))
    with pytest.raises(InputError, match="not a tile store"):
        TileStore(tmp_path / "tiles.zarr")
    with pytest.raises(RuntimeError, match="5 rows written of 8"):
        writer.finish()


def test_an_interrupted_store_is_gone_on_with(tmp_path: Path) -> None:
    tiles = make_tiles(10)
    TileWriter(tmp_path / "tiles.zarr", 10, "key").append(rows_of(tiles, 0, 9))
    writer = TileWriter(tmp_path / "tiles.zarr", 10, "key")
    assert writer.rows_written == 8
    writer.append(rows_of(tiles, 8, 10))
    writer.finish()
    assert np.array_equal(TileStore(tmp_path / "tiles.zarr").read(np.arange(10)), tiles.tiles)
    assert [path.name for path in tmp_path.iterdir()] == ["tiles.zarr"]


@pytest.mark.parametrize(("count", "key"), [(10, "other"), (9, "key")])
def test_an_interrupted_store_of_other_work_is_thrown_away(tmp_path: Path, count: int, key: str) -> None:
    TileWriter(tmp_path / "tiles.zarr", 10, "key").append(make_tiles(8))
    assert TileWriter(tmp_path / "tiles.zarr", count, key).rows_written == 0


def test_a_finished_store_is_replaced(tmp_path: Path) -> None:
    for seed in (1, 2):
        writer = TileWriter(tmp_path / "tiles.zarr", 3, str(seed))
        writer.append(make_tiles(3, seed))
        writer.finish()
    assert np.array_equal(TileStore(tmp_path / "tiles.zarr").read(np.arange(3)), make_tiles(3, 2).tiles)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, CellTiles]:
    tiles = make_tiles(10)
    writer = TileWriter(tmp_path / "tiles.zarr", 10, "key")
    writer.append(tiles)
    writer.finish()
    return tmp_path / "tiles.zarr", tiles


def read_all(path: Path) -> tuple[np.ndarray, ...]:
    store = TileStore(path)
    rows = np.arange(len(store))
    return store.read(rows), store.cell_masks(rows), store.nucleus_masks(rows), store.mean_intensities()


def read_or_advice(path: Path) -> tuple[np.ndarray, ...] | str:
    try:
        return read_all(path)
    except InputError as error:
        return str(error)


def written_files(path: Path) -> list[Path]:
    """Return the files whose damage a reader has to notice; the progress is only for who mends a store."""
    return sorted(file for file in path.rglob("*") if file.is_file() and file.name != "progress.json")


def test_a_flipped_bit_anywhere_is_noticed_or_harmless(stored: tuple[Path, CellTiles]) -> None:
    path, _ = stored
    rng, right = np.random.default_rng(0), read_all(path)
    noticed = 0
    for file in written_files(path):
        whole = file.read_bytes()
        for _ in range(8):
            flipped = bytearray(whole)
            flipped[int(rng.integers(len(whole)))] ^= 1 << int(rng.integers(8))
            file.write_bytes(flipped)
            found = read_or_advice(path)
            if isinstance(found, str):
                assert "run `hpacells crops` again" in found
                noticed += 1
            else:
                assert all(np.array_equal(a, b) for a, b in zip(found, right, strict=True)), file
        file.write_bytes(whole)
        (path / "damaged").unlink(missing_ok=True)
    assert noticed > 50
    assert all(np.array_equal(a, b) for a, b in zip(read_all(path), right, strict=True))


@pytest.mark.parametrize("damage", ["remove", "cut", "lengthen"])
def test_a_file_that_is_missing_or_of_another_size_is_noticed(
    stored: tuple[Path, CellTiles], damage: str
) -> None:
    path, _ = stored
    for file in written_files(path):
        whole = file.read_bytes()
        if damage == "remove":
            file.unlink()
        else:
            file.write_bytes(whole[: len(whole) // 2] if damage == "cut" else whole + b"\0")
        if file.name == "contents.json" and damage == "remove":
            # Stores of earlier versions have none.
            TileStore(path)
        elif file.name != "contents.json" or damage == "cut":
            with pytest.raises(InputError, match="hpacells crops"):
                read_all(path)
        file.write_bytes(whole)
    assert (path / "damaged").is_file()


def test_an_interrupted_store_of_other_libraries_is_cut_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(store_progress, "library_versions", lambda: {"opencv": "4.14.0"})
        TileWriter(tmp_path / "tiles.zarr", 10, "key").append(make_tiles(8))
    assert TileWriter(tmp_path / "tiles.zarr", 10, "key").rows_written == 0
    assert "tiles.zarr: an earlier run cut tiles with OpenCV 4.14.0 (" in caplog.text


def test_files_of_a_damaged_list_are_no_strangers(stored: tuple[Path, CellTiles]) -> None:
    path, tiles = stored
    listed = path / "contents.json"
    listed.write_text(listed.read_text().replace("cell_mask", "cell_mosk"))
    writer = TileWriter(path, len(tiles.tiles), "key")
    writer.append(tiles)
    writer.finish()
    assert np.array_equal(TileStore(path).read(np.arange(len(tiles.tiles))), tiles.tiles)
    (path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="notes.txt, which hpacells did not write"):
        TileWriter(path, len(tiles.tiles), "key")


def test_rows_that_are_not_there_are_no_damage(tmp_path: Path) -> None:
    writer = TileWriter(tmp_path / "tiles.zarr", 3, "key")
    writer.append(make_tiles(3))
    writer.finish()
    before = sorted(tmp_path.rglob("*"))
    store = TileStore(tmp_path / "tiles.zarr")
    for read in (store.read, store.cell_masks, store.nucleus_masks):
        for rows in ([3], [-1], [True, False, True]):
            with pytest.raises(InputError, match="expected whole numbers of rows from 0 to 2"):
                read(rows)
    assert sorted(tmp_path.rglob("*")) == before
