"""Crops of whole fields: the same tile store and table as of cells, with one tile per field."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from data.cells.cells_table import INTENSITY_COLUMNS, make_blank_row, measure_cells, read_cells
from data.cells.drop_reasons import UNREADABLE
from data.cells.stored_cells import StoredCells, write_cell_parts
from data.fields.duplicates.near_duplicates import hash_image
from data.fields.fewer_channels.absent_channels import insert_absent
from data.fields.field import Field
from data.images.grey_levels import to_uint8
from data.storage.images import read_ahead
from data.tiles.cell_tiles import CellTiles
from data.tiles.tile_presets import FIELD
from data.tiles.tile_writer import TileWriter
from data.tiles.whole_field import shrink_field
from stages.crops.paths import CropsOutputs, FieldCropsInputs
from stages.crops.run import CHANNELS_DETAIL
from stages.crops.settings import FieldCropsSettings
from stages.stage import Context, Failure, StageReport


def run(
    inputs: FieldCropsInputs, outputs: CropsOutputs, settings: FieldCropsSettings, context: Context
) -> StageReport:
    """Write tile store and cells table; each field is one cell of its own, with the number 1.

    Of a field nothing but its small tile is kept, and only as many are read at once as there are workers. One
    that cannot be read keeps its row, with a blank tile and the reason "unreadable".
    """
    fields = inputs.fields
    writer = TileWriter(outputs.tiles_path, len(fields), inputs.key, inputs.channels, FIELD, settings.size)
    failures: list[Failure] = []
    coming = read_ahead(fields, lambda field: field.list_files(inputs.channels))
    work = context.map(_Cutter(inputs, settings), coming, description="fields", total=len(fields))
    # Until all tiles are cut; a run that goes on after a killed one writes it again.
    measured = outputs.cells_path.with_name(f".{outputs.cells_path.name}.measured")
    try:
        write_cell_parts(measured, _take(work, writer, failures, settings.size))
        table = read_cells(measured, ["image_id"])
        table[list(INTENSITY_COLUMNS)] = writer.finish().mean_intensities()
        failed = {failure.where for failure in failures}
        table["dropped"] = [UNREADABLE if image_id in failed else "" for image_id in table["image_id"]]
        completed = table[[*INTENSITY_COLUMNS, "dropped"]]
        StoredCells(measured).write_completed(outputs.cells_path, lambda rows, _: completed.iloc[rows])
    finally:
        measured.unlink(missing_ok=True)
    return StageReport(
        counts={"fields": len(fields), **({UNREADABLE: len(failures)} if failures else {})},
        failures=failures,
        details={CHANNELS_DETAIL: list(inputs.channels)},
    )


class _Cutter:
    """Make the tile of one field; called from several threads."""

    def __init__(self, inputs: FieldCropsInputs, settings: FieldCropsSettings) -> None:
        self._channels, self._size = inputs.channels, settings.size

    def __call__(self, field: Field) -> tuple[pd.DataFrame, CellTiles]:
        """Return the field's row of the table, and its tile."""
        image = insert_absent(to_uint8(field.read(self._channels)), self._channels)
        whole = np.ones(image.shape[1:], np.uint16)
        table = measure_cells(field.image_id, np.zeros_like(whole), whole)
        table["image_hash"] = hash_image(image)
        table["touches_border"], table["border_fraction_inside"] = False, np.float32(1)
        return table, shrink_field(image, self._size).without_means_of_others(self._channels)


def _take(
    work: Iterable[tuple[Field, tuple[pd.DataFrame, CellTiles] | Exception]],
    writer: TileWriter,
    failures: list[Failure],
    size: int,
) -> Iterator[pd.DataFrame]:
    """Take the tiles of the fields in turn, and yield their rows of the table."""
    to_write = set(writer.rows_to_write.tolist())
    for row, (field, done) in enumerate(work):
        if isinstance(done, Exception):
            failures.append(Failure(field.image_id, str(done)))
            done = make_blank_row(field.image_id), CellTiles.blank(1, size)
        table, tile = done
        # An interrupted run has written tiles, but no row of the table.
        if row in to_write:
            writer.append(tile)
        yield table
