"""Single-cell images with their masks as scPortrait's ``.h5sc``: an AnnData file with one image per cell."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.channels import STAINS
from data.errors import InputError
from data.export.cell_annotations import describe_classes, find_likeliest
from data.export.h5ad_file import (
    StoredTable,
    create_array,
    create_h5ad,
    import_h5py,
    write_mapping,
    write_table,
)
from data.export.h5sc_images import Images
from data.predictions.stored_predictions import StoredPredictions
from data.tiles.tile_store import TileStore
from stages.export.annotations import Annotator
from stages.export.cells.cell_parts import CellsPart, ExportedCells, add_numbers, open_cells
from stages.export.paths import ExportInputs
from stages.export.room import check_room
from stages.export.settings import ExportSettings
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
    predictions = StoredPredictions(inputs.predictions_path)
    # Categories are those of all cells, whichever are written.
    cells = open_cells(inputs, predictions, unpredicted=True, may_be_empty=True)
    tiles = TileStore(inputs.tiles_path, rows=cells.count)
    count = cells.count if settings.unpredicted else cells.predicted
    if not count:
        raise InputError(
            found="no cell was predicted",
            where=inputs.predictions_path,
            expected="one or more",
            advice="export with --set export.unpredicted=true, or predict some first",
        )
    annotator = Annotator(inputs, cells.image_ids, predictions.class_names, settings.label_set)
    images = Images(count, [STAINS[channel] for channel in tiles.channels], tiles.size)
    check_room(path, images.bytes // 2)
    with atomic_write(path) as temporary, create_h5ad(temporary) as file:
        table = _Table(file, cells, annotator, predictions.class_names, count)
        _write_variables(file, images)
        write_mapping(file["uns"], "hpacells", inputs.facts)
        dataset = images.create(file)
        others = cells.read_others() if settings.unpredicted else iter(())
        parts = itertools.chain(cells.read_predicted(), others)
        with context.track("export", count) as advance:
            for part, numbers in add_numbers(parts, predictions):
                table.write(part, numbers.probabilities)
                for start in range(0, len(part.rows), _CELLS_AT_ONCE):
                    rows = part.rows[start : start + _CELLS_AT_ONCE]
                    first = part.start + start
                    dataset[first : first + len(rows)] = _read_images(tiles, rows)
                    advance(len(rows))
    return StageReport(
        counts={"cells": count, "left out": cells.count - count},
        details={"format": "h5sc", "size_px": tiles.size},
    )


def _read_images(tiles: TileStore, rows: NDArray[np.intp]) -> NDArray[np.float16]:
    """Read masks (0 or 1) and channels (0..1) of some cells, (n, C, S, S)."""
    nuclei, cells = tiles.nucleus_masks(rows), tiles.cell_masks(rows)
    channels = tiles.read(rows).astype(np.float32) / 255
    return np.concatenate([nuclei[:, None], cells[:, None], channels], axis=1).astype(np.float16)


class _Table:
    """What is known of the cells, written part by part."""

    def __init__(
        self, file: Any, cells: ExportedCells, annotator: Annotator, names: tuple[str, ...], count: int
    ) -> None:
        self._annotator, self._names = annotator, names
        table, labels = cells.represent()
        template = self._describe(0, table, labels, np.full((len(table), len(names)), np.nan, np.float32))
        self._stored = StoredTable(file, "obs", template.iloc[:0], count)
        self._probabilities = create_array(file["obsm"], "probabilities", (count, len(names)))

    def write(self, part: CellsPart, probabilities: NDArray[np.float32]) -> None:
        """Write some cells."""
        described = self._describe(part.start, part.table, part.labels, probabilities)
        # scPortrait also takes the names of the rows for their places.
        self._stored.write(part.start, described, [str(row) for row in range(part.start, part.stop)])
        self._probabilities[part.start : part.stop] = probabilities

    def _describe(
        self, start: int, table: pd.DataFrame, labels: pd.Series | None, probabilities: NDArray[np.float32]
    ) -> pd.DataFrame:
        known = self._annotator.annotate(table, labels)
        likeliest, highest = find_likeliest(probabilities)
        described = pd.concat([known, describe_classes(likeliest, highest, self._names)], axis=1)
        # scPortrait looks cells up by this number, so it is another one for each cell, of whatever field.
        numbers = np.arange(start + 1, start + len(table) + 1, dtype=np.uint64)
        described.insert(0, "scportrait_cell_id", numbers)
        # Its training reads labels as numbers, and no categories.
        described["top_class_number"] = likeliest
        return described


def _write_variables(file: Any, images: Images) -> None:
    kinds = pd.Categorical(images.kinds, categories=["mask", "image_channel"])
    variables = pd.DataFrame(
        {"channels": pd.Categorical(images.names, categories=images.names), "channel_mapping": kinds}
    )
    write_table(file, "var", variables, [str(number) for number in range(len(variables))])
