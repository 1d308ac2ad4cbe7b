"""Crops: cut every cell to a 256 px RGBY tile and say which cells are left out, and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import INTENSITY_COLUMNS, read_cells, write_cells
from data.cells.drop_reasons import UNREADABLE, DropLimits, find_drop_reasons
from data.errors import InputError
from data.fields.field import Field, find_fields, to_uint8
from data.fields.hash_log import HashLog
from data.fields.near_duplicates import hash_image
from data.masks.label_image import read_label_image
from data.tiles.cell_tiles import CellTiles
from data.tiles.cropping import crop_boxes
from data.tiles.tile_store import TileWriter
from stages.crops.settings import CropsSettings
from stages.stage import Context, Failure, StageReport


@dataclass(frozen=True)
class _FieldCells:
    """One field and those of its cells that are to be cut."""

    field: Field
    cell_ids: NDArray[np.integer]
    boxes: NDArray[np.integer]


def run(
    images: Path,
    masks: Path,
    cells: Path,
    tiles: Path,
    key: str,
    settings: CropsSettings,
    context: Context,
    *,
    pixel_size_um: float = 0.08,
) -> StageReport:
    """Write the tile store, and complete the cells table with intensities, image hashes and drop reasons.

    Parameters
    ----------
    images
        Folder of the fields.
    masks, cells
        Label images and cells table of the segment stage; ``cells`` is rewritten with its
        intensity columns and ``dropped`` filled in.
    tiles
        The store to write; row n is row n of the table.
    key
        What the tiles depend on; an interrupted run with the same key is gone on with.
    pixel_size_um
        Pixel size with which the fields were segmented.

    Raises
    ------
    InputError
        The table names a field that the folder lacks, or there is no table.
    """
    table = read_cells(cells)
    fields = {field.image_id: field for field in find_fields(images)}
    writer = TileWriter(tiles, len(table), key)
    work = list(_pending(table.iloc[writer.rows_written :], fields, images))
    cutter = _Cutter(masks, settings)
    failures = []
    log = HashLog(tiles.with_name(f".{tiles.name}.hashes"), key)
    for item, done in context.map(cutter, work, description="crops", total=len(work)):
        if isinstance(done, Exception):
            failures.append(Failure(item.field.image_id, str(done)))
            done = CellTiles.blank(len(item.cell_ids)), ""
        cut, image_hash = done
        log.add(item.field.image_id, image_hash)
        writer.append(cut)
    table[list(INTENSITY_COLUMNS)] = writer.finish()
    table["image_hash"] = [log.hashes.get(image_id, "") for image_id in table["image_id"]]
    limits = DropLimits(
        min_area_px=settings.min_area_um2 / pixel_size_um**2,
        min_fraction_inside=settings.min_fraction_inside,
        min_intensity=settings.min_intensity,
    )
    table["dropped"] = find_drop_reasons(table, limits)
    write_cells(cells, table)
    log.remove()
    return _report(table, failures)


class _Cutter:
    """Cut the cells of one field; called from several threads."""

    def __init__(self, masks: Path, settings: CropsSettings) -> None:
        self._masks, self._settings = masks, settings

    def __call__(self, item: _FieldCells) -> tuple[CellTiles, str]:
        """Give the tiles of a field's cells and the hash of its image."""
        image_id = item.field.image_id
        image = to_uint8(item.field.read(), self._settings.full_scale)
        nuclei = read_label_image(self._masks / f"{image_id}_nuclei.png")
        cells = read_label_image(self._masks / f"{image_id}_cells.png")
        if not image.shape[1:] == cells.shape == nuclei.shape:
            raise InputError(
                found=f"the image is {image.shape[1:]} px (rows, columns) but its masks are {cells.shape}",
                where=f"field {image_id}",
                expected="the image that was segmented",
                advice="run `hpacells segment` again",
            )
        keep_neighbours = self._settings.neighbours == "keep"
        cut = crop_boxes(image, nuclei, cells, item.cell_ids, item.boxes, keep_neighbours=keep_neighbours)
        return cut, hash_image(image)


def _pending(table: pd.DataFrame, fields: dict[str, Field], images: Path) -> Iterator[_FieldCells]:
    """Group the rows that are still to be cut by field, in the order of the table."""
    for image_id, rows in table.groupby("image_id", sort=False):
        field = fields.get(str(image_id))
        if field is None:
            raise InputError(
                found=f"no field {image_id}, whose cells are in the cells table",
                where=images,
                expected="the folder that was segmented",
                advice="give that folder, or run `hpacells segment` again",
            )
        yield _FieldCells(field, rows["cell_id"].to_numpy(), rows[["y0", "x0", "y1", "x1"]].to_numpy())


def _report(table: pd.DataFrame, failures: list[Failure]) -> StageReport:
    reported = {failure.where for failure in failures}
    unreadable = table.loc[table["dropped"] == UNREADABLE, "image_id"].unique()
    # A run that was interrupted after a failure finds the failed rows written, but not the reason.
    failures += [
        Failure(image_id, "could not be read before the run was interrupted")
        for image_id in unreadable
        if image_id not in reported
    ]
    dropped = Counter(reason for reason in table["dropped"] if reason)
    return StageReport(
        counts={"cells": len(table), "kept": len(table) - dropped.total(), **dropped},
        failures=failures,
        details={"dropped": dict(dropped)},
    )
