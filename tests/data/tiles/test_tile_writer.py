from pathlib import Path

import numpy as np
import pytest

from data.tiles.cell_tiles import CellTiles
from data.tiles.tile_writer import TileWriter


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
