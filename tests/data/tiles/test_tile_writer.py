from pathlib import Path

import numpy as np
import pytest

from data.tiles.cell_tiles import CellTiles
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter
from tests.factories.killed_writers import kill_before_each_operation


def write(path: Path, tiles: CellTiles, parts: list[int]) -> dict[str, bytes]:
    writer = TileWriter(path, len(tiles.tiles), "key")
    for start, stop in zip(parts, [*parts[1:], len(tiles.tiles)], strict=True):
        writer.append(CellTiles(*(array[start:stop] for array in vars(tiles).values())))
    writer.finish()
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_equal_tiles_make_equal_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 8)
    rng = np.random.default_rng(0)
    tiles = CellTiles(
        rng.integers(0, 256, (60, 4, 256, 256), np.uint8),
        rng.random((60, 256, 256)) < 0.5,
        rng.random((60, 256, 256)) < 0.5,
        rng.random((60, 4)).astype(np.float32),
    )
    first = write(tmp_path / "first.zarr", tiles, [0])
    assert all(write(tmp_path / f"{n}.zarr", tiles, [0, n, 40]) == first for n in (7, 11, 30))


def make_tiles(seed: int) -> CellTiles:
    rng = np.random.default_rng(seed)
    masks = rng.random((2, 3, 256, 256)) < 0.5
    return CellTiles(
        rng.integers(1, 256, (3, 4, 256, 256), np.uint8), *masks, rng.random((3, 4)).astype(np.float32)
    )


def write_rows(path: Path, key: str, tiles: CellTiles, *, stop: int | None = None) -> None:
    """Write those rows that are not written yet, up to one of them, and finish unless it stops there."""
    writer = TileWriter(path, len(tiles.tiles), key)
    for row in writer.rows_to_write[:stop]:
        writer.append(CellTiles(*(array[row : row + 1] for array in vars(tiles).values())))
    if stop is None:
        writer.finish()


def holds(path: Path, tiles: CellTiles) -> bool:
    """Check whether a store has just these tiles."""
    store = TileStore(path, rows=len(tiles.tiles))
    rows = range(len(store))
    read = store.read(rows), store.cell_masks(rows), store.nucleus_masks(rows), store.mean_intensities()
    return all(np.array_equal(*pair) for pair in zip(read, vars(tiles).values(), strict=True))


@pytest.fixture
def one_row_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 1)


@pytest.mark.slow
@pytest.mark.usefixtures("one_row_a_shard")
def test_an_unfinished_store_that_was_half_removed_is_begun_anew(tmp_path: Path) -> None:
    tiles, before, out = make_tiles(0), tmp_path / "before", tmp_path / "out"
    write_rows(before / "tiles.zarr", "key", tiles, stop=2)

    kills = []
    for number in kill_before_each_operation(
        out, before, lambda: TileWriter(out / "tiles.zarr", 3, "others")
    ):
        write_rows(out / "tiles.zarr", "key", tiles)
        assert holds(out / "tiles.zarr", tiles), number
        assert [path.name for path in out.iterdir()] == ["tiles.zarr"]
        kills.append(number)
    assert len(kills) > 20


@pytest.mark.slow
@pytest.mark.usefixtures("one_row_a_shard")
def test_half_a_store_is_never_in_its_place(tmp_path: Path) -> None:
    tiles, others, before, out = make_tiles(0), make_tiles(1), tmp_path / "before", tmp_path / "out"
    write_rows(before / "tiles.zarr", "key", tiles)
    write_rows(before / "tiles.zarr", "others", others, stop=3)

    kills = []
    for number in kill_before_each_operation(
        out, before, lambda: write_rows(out / "tiles.zarr", "others", others)
    ):
        if (out / "tiles.zarr").exists():
            assert holds(out / "tiles.zarr", tiles) or holds(out / "tiles.zarr", others), number
        write_rows(out / "tiles.zarr", "key", tiles)
        assert holds(out / "tiles.zarr", tiles), number
        assert [path.name for path in out.iterdir()] == ["tiles.zarr"]
        kills.append(number)
    assert len(kills) > 20
