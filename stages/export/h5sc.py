"""Single-cell images with their masks as scPortrait's ``.h5sc``: an AnnData file with one image per cell."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.channels import STAINS
from data.errors import InputError
from data.export.h5ad_file import create_h5ad, import_h5py, write_array, write_mapping, write_table
from data.export.h5sc_images import Images
from data.tiles.tile_store import TileStore
from stages.export.paths import ExportInputs
from stages.export.room import check_room
from stages.export.settings import ExportSettings
from stages.export.stores.described_cells import DescribedCells
from stages.stage import Context, StageReport

_CELLS_AT_ONCE = 64


def write_h5sc(inputs: ExportInputs, path: Path, settings: ExportSettings, context: Context) -> StageReport:
    """Write the tile of each cell: masks of nucleus and cell, then the channels.

    Raises
    ------
    InputError
        As `run` says, or there are no tiles.
    """
    import_h5py(path)
    if inputs.tiles_path is None:
        raise InputError(found="no tiles", where=path, expected="a work folder with tiles.zarr")
    cells = DescribedCells(inputs, settings.label_set)
    tiles = TileStore(inputs.tiles_path, rows=len(cells.table))
    count = len(cells.table) if settings.unpredicted else cells.cells.predicted
    if not count:
        raise InputError(
            found="no cell was predicted",
            where=inputs.predictions_path,
            expected="one or more",
            advice="export with --set export.unpredicted=true, or predict some first",
        )
    rows = cells.cells.rows[:count]
    names = [STAINS[channel] for channel in tiles.channels]
    images = Images(count, names, tiles.size)
    check_room(path, images.bytes // 2)
    with atomic_write(path) as temporary, create_h5ad(temporary) as file:
        _write_tables(file, cells, count, images)
        write_mapping(file["uns"], "hpacells", inputs.facts)
        dataset = images.create(file)
        with context.track("export", count) as advance:
            for start in range(0, count, _CELLS_AT_ONCE):
                part = rows[start : start + _CELLS_AT_ONCE]
                dataset[start : start + len(part)] = _read_images(tiles, part)
                advance(len(part))
    left_out = len(cells.table) - count
    return StageReport(
        counts={"cells": count, "left out": left_out}, details={"format": "h5sc", "size_px": tiles.size}
    )


def _read_images(tiles: TileStore, rows: NDArray[np.intp]) -> NDArray[np.float16]:
    """Read masks (0 or 1) and channels (0..1) of some cells, (n, C, S, S)."""
    nuclei, cells = tiles.nucleus_masks(rows), tiles.cell_masks(rows)
    channels = tiles.read(rows).astype(np.float32) / 255
    return np.concatenate([nuclei[:, None], cells[:, None], channels], axis=1).astype(np.float16)


def _write_tables(file: Any, cells: DescribedCells, count: int, images: Images) -> None:
    table = cells.table.iloc[:count].copy()
    # scPortrait looks cells up by this number, so it is another one for each cell, of whatever field.
    table.insert(0, "scportrait_cell_id", np.arange(1, count + 1, dtype=np.uint64))
    # Its training reads labels as numbers, and no categories.
    table["top_class_number"] = cells.likeliest[:count]
    # It also takes the names of the rows for their places.
    write_table(file, "obs", table, [str(row) for row in range(count)])
    kinds = pd.Categorical(images.kinds, categories=["mask", "image_channel"])
    variables = pd.DataFrame(
        {"channels": pd.Categorical(images.names, categories=images.names), "channel_mapping": kinds}
    )
    write_table(file, "var", variables, [str(number) for number in range(len(variables))])
    write_array(file["obsm"], "probabilities", cells.probabilities[:count])
