from pathlib import Path

import numpy as np

from data.tiles.cell_tiles import CellTiles
from data.tiles.tile_writer import TileWriter


def write(path: Path, tiles: CellTiles, parts: list[int]) -> dict[str, bytes]:
    writer = TileWriter(path, len(tiles.tiles), "key")
    for start, stop in zip(parts, [*parts[1:], len(tiles.tiles)], strict=True):
        writer.append(CellTiles(*(array[start:stop] for array in vars(tiles).values())))
    writer.finish()
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_equal_tiles_make_equal_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    # Of different size when compressed, so that threads would be ready at different times.
    tiles = CellTiles(
        rng.integers(0, 1 + np.arange(60).reshape(60, 1, 1, 1), (60, 4, 256, 256)).astype(np.uint8),
        rng.random((60, 256, 256)) < np.linspace(0, 0.5, 60).reshape(60, 1, 1),
        np.zeros((60, 256, 256), bool),
        rng.random((60, 4)).astype(np.float32),
    )
    first = write(tmp_path / "first.zarr", tiles, [0])
    assert all(write(tmp_path / f"{n}.zarr", tiles, [0, n, 40]) == first for n in (7, 11, 30))
