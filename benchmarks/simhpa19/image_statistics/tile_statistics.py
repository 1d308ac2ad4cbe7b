"""Ten plain statistics of a tile: how far a linear model gets with them tells what needs no picture."""

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.tiles.tile_store import TileStore

STATISTICS = (
    "mean red",
    "mean green",
    "mean blue",
    "mean yellow",
    "cell area",
    "nucleus area",
    "green in nucleus to all",
    "green overlap with nucleus",
    "correlation green red",
    "correlation green yellow",
)
"""The statistics, in order: means in the cell (0..1); area of the cell as a share of the tile and of the
nucleus as a share of the cell; mean green of the nucleus as a share of the sum of both compartments' means
(0.5: even); share of all green light that lies in the nucleus; Pearson's correlations within the cell."""

_RED, _GREEN, _YELLOW = (CHANNELS.index(channel) for channel in ("red", "green", "yellow"))
_BLOCK = 128


def measure_store(store: TileStore, rows: NDArray[np.integer]) -> NDArray[np.float64]:
    """Measure the tiles of some rows, (n, 10) float64; see ``measure_tiles``."""
    blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
    measured = [
        measure_tiles(store.read(block), store.cell_masks(block), store.nucleus_masks(block))
        for block in blocks
    ]
    return np.concatenate([np.empty((0, len(STATISTICS))), *measured])


def measure_tiles(
    tiles: NDArray[np.uint8], cells: NDArray[np.bool_], nuclei: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Measure ``STATISTICS`` of tiles.

    Parameters
    ----------
    tiles
        (n, 4, S, S) uint8, R G B Y.
    cells, nuclei
        (n, S, S) masks; what of a nucleus lies outside its cell does not count.

    Returns
    -------
    ndarray (n, 10)
        float64; what has no value (a correlation of an even channel, a share of nothing) is 0, but the share
        of the nucleus in both means is then 0.5.
    """
    measured = np.zeros((len(tiles), len(STATISTICS)))
    for row, (tile, cell, nucleus) in enumerate(zip(tiles, cells, nuclei & cells, strict=True)):
        inside = tile[:, cell] / 255
        if not inside.size:
            measured[row, 6] = 0.5
            continue
        in_nucleus = nucleus[cell]
        green = inside[_GREEN]
        measured[row, :4] = inside.mean(axis=1)
        measured[row, 4:6] = cell.mean(), in_nucleus.mean()
        measured[row, 6] = _share(_mean(green[in_nucleus]), _mean(green[~in_nucleus]), even=0.5)
        measured[row, 7] = _share(green[in_nucleus].sum(), green[~in_nucleus].sum(), even=0.0)
        measured[row, 8] = _correlation(green, inside[_RED])
        measured[row, 9] = _correlation(green, inside[_YELLOW])
    return measured


def _mean(values: NDArray[np.floating]) -> float:
    return float(values.mean()) if values.size else 0.0


def _share(part: float, rest: float, *, even: float) -> float:
    whole = part + rest
    return part / whole if whole > 0 else even


def _correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 1e-9 else 0.0
