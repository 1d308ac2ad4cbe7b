"""Tile stores of made-up tiles."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.tile_store import TileStore, TileWriter


def write_tile_store(
    path: Path,
    tiles: NDArray[np.uint8],
    cell_masks: NDArray[np.bool_] | None = None,
    nucleus_masks: NDArray[np.bool_] | None = None,
) -> TileStore:
    """Write a finished store of tiles (n, 4, 256, 256), and open it.

    Parameters
    ----------
    path
        The store to write.
    tiles
        (n, 4, 256, 256) uint8.
    cell_masks, nucleus_masks
        (n, 256, 256) bool; by default a cell fills its tile, and a nucleus its cell.
    """
    count = len(tiles)
    cells = np.ones((count, TILE_SIZE, TILE_SIZE), bool) if cell_masks is None else cell_masks
    nuclei = cells if nucleus_masks is None else nucleus_masks
    writer = TileWriter(path, count, "key")
    writer.append(CellTiles(tiles, cells, nuclei, np.zeros((count, 4), np.float32)))
    writer.finish()
    return TileStore(path, rows=count)
