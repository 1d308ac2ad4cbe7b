"""Crops of pre-cropped cells: the same tile store and tables as from segmented fields."""

import logging
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import INTENSITY_COLUMNS, make_blank_row, measure_cells
from data.cells.drop_reasons import DropLimits, find_drop_reasons
from data.cells.precropped.precropped_cell import PrecroppedCell
from data.cells.precropped.precropped_full_scale import find_cells_full_scale
from data.cells.precropped.precropped_index import PrecroppedIndex
from data.cells.precropped.precropped_masks import find_cell_mask, find_nucleus_mask
from data.cells.stored_cells import StoredCells, write_cell_parts
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.bit_depth import FullScale
from data.fields.duplicates.near_duplicates import hash_image
from data.fields.field import REFERENCE_PIXEL_SIZE_UM
from data.fields.images_table import write_image_parts
from data.labels.label_file import write_label_rows
from data.labels.label_set import HPA2021, read_label_set
from data.tiles.cell_tiles import CellTiles
from data.tiles.cutting.cropping import crop_boxes
from data.tiles.tile_presets import PRESETS
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter
from stages.crops.paths import PrecroppedInputs, PrecroppedOutputs
from stages.crops.settings import PrecroppedSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")

_BLUE = CHANNELS.index("blue")
_SIZE = ["image_height", "image_width"]

_ROWS_AT_A_TIME = 1000
"""Rows that are joined before they are written."""


def run(
    inputs: PrecroppedInputs, outputs: PrecroppedOutputs, settings: PrecroppedSettings, context: Context
) -> StageReport:
    """Write tile store, tables and, where the index has them, labels.

    Every cell is an image of its own, with the cell number 1; one that cannot be read keeps its row, with a
    blank tile and the reason "unreadable".
    """
    index = inputs.cells
    _tell_pixel_size(settings)
    writer = TileWriter(outputs.tiles_path, len(index), inputs.key, preset=settings.preset)
    failures: list[Failure] = []
    cutter = _Cutter(settings, find_cells_full_scale(index, inputs.full_scale))
    work = context.map(cutter, index, description="crops", total=len(index))
    # Until all tiles are cut; a run that goes on after a killed one writes it again.
    measured = outputs.cells_path.with_name(f".{outputs.cells_path.name}.measured")
    try:
        write_cell_parts(measured, _take(work, writer, failures, PRESETS[settings.preset].size))
        stored, completion = StoredCells(measured), _Completion(writer.finish(), settings)
        stored.write_completed(outputs.cells_path, completion)
        write_image_parts(outputs.images_table_path, _read_images(stored, settings))
    finally:
        measured.unlink(missing_ok=True)
    if outputs.labels_path is not None:
        # Labels of an earlier index must not pass for this one's.
        outputs.labels_path.unlink(missing_ok=True)
        if index.labelled:
            _write_labels(outputs.labels_path, index, settings)
    return completion.report(failures, index.labelled)


def _take(
    work: Iterable[tuple[PrecroppedCell, tuple[pd.DataFrame, CellTiles] | Exception]],
    writer: TileWriter,
    failures: list[Failure],
    size: int,
) -> Iterator[pd.DataFrame]:
    """Take the tiles of the cells in turn, and yield their rows of the table, many at a time."""
    tables: list[pd.DataFrame] = []
    is_to_write = writer.is_to_write
    for row, (cell, done) in enumerate(work):
        if isinstance(done, Exception):
            failures.append(Failure(cell.image_id, str(done)))
            done = make_blank_row(cell.image_id), CellTiles.blank(1, size)
        table, cut = done
        tables.append(table.assign(group=cell.group or cell.image_id))
        # An interrupted run has written tiles, but no row of the table.
        if is_to_write[row]:
            writer.append(cut)
        if len(tables) == _ROWS_AT_A_TIME:
            yield pd.concat(tables, ignore_index=True)
            tables = []
    if tables:
        yield pd.concat(tables, ignore_index=True)


def _tell_pixel_size(settings: PrecroppedSettings) -> None:
    if PRESETS[settings.preset].window is not None and settings.pixel_size_um is None:
        log.warning(
            "crops.pixel_size_um is not set: the cells' pixels are taken for %g um, by which the windows of "
            "the preset %s are scaled",
            REFERENCE_PIXEL_SIZE_UM,
            settings.preset,
        )


class _Completion:
    """Complete rows of the cells table, and count them.

    Parameters
    ----------
    store
        The tiles, with the mean intensities of all cells.
    settings
        Of the stage.
    """

    def __init__(self, store: TileStore, settings: PrecroppedSettings) -> None:
        self._store, self._limits, self._dropped = store, _limits(settings), Counter[str]()

    def __call__(self, rows: slice, table: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of some cells that the stage adds."""
        means = self._store.mean_intensities(rows)
        columns = pd.DataFrame(means, columns=list(INTENSITY_COLUMNS))
        measured = table[["area_px", "border_fraction_inside"]].join(columns)
        columns["dropped"] = find_drop_reasons(measured, self._limits)
        self._dropped.update(reason for reason in columns["dropped"] if reason)
        return columns

    def report(self, failures: list[Failure], labelled: int) -> StageReport:
        """Return the report, after all cells."""
        count, dropped = len(self._store), self._dropped
        return StageReport(
            counts={"cells": count, "kept": count - dropped.total(), "labelled": labelled, **dropped},
            failures=failures,
            details={"dropped": dict(dropped)},
        )


class _Cutter:
    """Cut one cell; called from several threads."""

    def __init__(self, settings: PrecroppedSettings, white: FullScale) -> None:
        self._settings, self._white = settings, white

    def __call__(self, cell: PrecroppedCell) -> tuple[pd.DataFrame, CellTiles]:
        picture = cell.read(self._white.value, self._white.reason)
        mask = _find_mask(cell, picture, trust=self._settings.infer_masks == "always")
        nucleus = find_nucleus_mask(picture[_BLUE], mask)
        nuclei, cells = nucleus.astype(np.uint16), mask.astype(np.uint16)
        table = measure_cells(cell.image_id, nuclei, cells)
        table["image_hash"] = hash_image(picture)
        # Where it was cut is its picture's border, not the field's.
        table["touches_border"], table["border_fraction_inside"] = False, np.float32(1)
        boxes = table[["y0", "x0", "y1", "x1"]].to_numpy()
        return table, crop_boxes(
            picture,
            nuclei,
            cells,
            np.array([1]),
            boxes,
            keep_neighbours=self._settings.neighbours == "keep",
            preset=self._settings.preset,
            pixel_size_um=self._settings.pixel_size_um or REFERENCE_PIXEL_SIZE_UM,
            # Programs that cut cells write masks that are widened already.
            widen_masks=False,
        )


def _find_mask(cell: PrecroppedCell, picture: NDArray[np.uint8], *, trust: bool) -> NDArray[np.bool_]:
    where = f"cell {cell.image_id}"
    mask = cell.read_mask()
    if mask is None:
        return find_cell_mask(picture, where=where, trust=trust)
    if mask.shape != picture.shape[1:] or not mask.any():
        raise InputError(
            found=f"a mask of {mask.shape[1]} x {mask.shape[0]} px, {int(mask.sum())} of them above 0",
            where=where,
            expected=f"a mask of {picture.shape[2]} x {picture.shape[1]} px with a cell",
        )
    return mask


def _read_images(stored: StoredCells, settings: PrecroppedSettings) -> Iterator[pd.DataFrame]:
    """Read the rows of the images table: one a cell, which is an image of its own."""
    size = math.nan if settings.pixel_size_um is None else settings.pixel_size_um
    for part in stored.read_images(["image_id", *_SIZE, "cell_id", "area_px"]):
        found = part["cell_id"].where(part["area_px"] > 0, 0)
        yield part.assign(cells=found, pixel_size_um=size)


def _write_labels(path: Path, index: PrecroppedIndex, settings: PrecroppedSettings) -> None:
    # Numbers of another label set would pass for those of the default one where a training does not name it.
    names = read_label_set(settings.label_set).names
    labels = ((cell.image_id, cell.labels) for cell in index if cell.labels)
    write_label_rows(path, labels, None if names == HPA2021.names else names)


def _limits(settings: PrecroppedSettings) -> DropLimits:
    size = settings.pixel_size_um
    return DropLimits(
        min_area_px=0.0 if size is None else settings.min_area_um2 / size**2,
        min_fraction_inside=settings.min_fraction_inside,
        min_intensity=settings.min_intensity,
    )
