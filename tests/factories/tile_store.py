"""Tile stores of made-up tiles."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.tiles.cell_tiles import CellTiles
from data.tiles.tile_presets import PresetName
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter


def write_tile_store(
    path: Path,
    tiles: NDArray[np.uint8],
    cell_masks: NDArray[np.bool_] | None = None,
    nucleus_masks: NDArray[np.bool_] | None = None,
    preset: PresetName = "cell",
) -> TileStore:
    """Write a finished store of tiles (n, 4, S, S), and open it.

    Parameters
    ----------
    path
        The store to write.
    tiles
        (n, 4, S, S) uint8.
    cell_masks, nucleus_masks
        (n, S, S) bool; by default a cell fills its tile, and a nucleus its cell.
    preset
        By which the tiles were cut.
    """
    count = len(tiles)
    cells = np.ones((count, *tiles.shape[2:]), bool) if cell_masks is None else cell_masks
    nuclei = cells if nucleus_masks is None else nucleus_masks
    writer = TileWriter(path, count, "key", preset=preset)
    writer.append(CellTiles(tiles, cells, nuclei, np.zeros((count, 4), np.float32)))
    writer.finish()
    return TileStore(path, rows=count)
