"""The table of measured features: one row per cell, a column a feature."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.features.cell_profile.intensity import correlate_channels, measure_intensity
from data.features.cell_profile.radial import measure_radial
from data.features.cell_profile.shape import measure_shape
from data.features.cell_profile.texture import measure_texture
from data.fields.fewer_channels.absent_channels import insert_absent
from data.tiles.tile_store import TileStore


class Block(NamedTuple):
    """Some cells to measure; can be sent to another process.

    Attributes
    ----------
    tiles
        The ``tiles.zarr`` folder.
    rows
        (n,) rows of it.
    areas
        (n, 2) areas of cell and nucleus in their field, px, which the tiles no longer tell.
    """

    tiles: Path
    rows: NDArray[np.integer]
    areas: NDArray[np.floating]


def measure_block(block: Block) -> pd.DataFrame:
    """Measure some cells: one row per cell, in the order of the block; as ``measure_cell``.

    Nothing is measured of a channel that the tiles lack.
    """
    store, rows = TileStore(block.tiles), block.rows
    tiles = insert_absent(store.read(rows), store.channels)
    parts = tiles, store.cell_masks(rows), store.nucleus_masks(rows), block.areas
    table = pd.DataFrame([measure_cell(*cell) for cell in zip(*parts, strict=True)])
    absent = set(CHANNELS) - set(store.channels)
    return table[[name for name in table.columns if absent.isdisjoint(name.split())]]


def measure_cell(
    tile: NDArray[np.uint8],
    cell: NDArray[np.bool_],
    nucleus: NDArray[np.bool_],
    areas: NDArray[np.floating],
) -> dict[str, float]:
    """Measure one cell.

    Parameters
    ----------
    tile
        (4, S, S) R G B Y.
    cell, nucleus
        (S, S) masks.
    areas
        (2,) areas of cell and nucleus in the field, px.

    Returns
    -------
    dict
        Areas, shape, intensities, correlations, textures and distribution of the protein; NaN for what is not
        defined, and for all of a cell without a pixel.
    """
    area, nucleus_area = map(float, areas)
    sizes = {
        "area": area,
        "nucleus area": nucleus_area,
        "nucleus share": nucleus_area / area if area else np.nan,
    }
    if not cell.any():
        # Measured with another mask for the names alone.
        names = measure_cell(tile, np.ones_like(cell), nucleus, areas)
        return dict.fromkeys(names, np.nan)
    return (
        sizes
        | measure_shape(cell, nucleus & cell)
        | measure_intensity(tile, cell, area)
        | correlate_channels(tile, cell)
        | measure_texture(tile, cell)
        | measure_radial(tile, cell, nucleus)
    )
