"""Crops: cut every cell to an RGBY tile and say which cells are left out, and why."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import INTENSITY_COLUMNS
from data.cells.drop_reasons import UNREADABLE, DropLimits, find_drop_reasons
from data.cells.field_cells import read_pictures
from data.cells.record_paths import field_cells_path
from data.cells.segmented_labels import read_segmented_labels
from data.cells.stored_cells import StoredCells
from data.errors import InputError
from data.fields.duplicates.hash_log import HashLog
from data.fields.duplicates.near_duplicates import hash_image
from data.fields.fewer_channels.absent_channels import insert_absent
from data.fields.fewer_channels.folder_channels import check_protein_and_nuclei
from data.fields.field import REFERENCE_PIXEL_SIZE_UM, Field
from data.fields.picture_files import refuse_other
from data.images.grey_levels import to_uint8
from data.storage.images import read_ahead
from data.tiles.cell_tiles import CellTiles
from data.tiles.cutting.cropping import crop_boxes
from data.tiles.tile_presets import PRESETS
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter
from stages.crops.paths import CropsInputs, CropsOutputs
from stages.crops.settings import CropsSettings
from stages.stage import Context, Failure, StageReport

CHANNELS_DETAIL = "channels"
"""Detail of the report: the channels of the tiles; all four where there is none."""

_BOX = ["y0", "x0", "y1", "x1"]
_COLUMNS = ["image_id", "cell_id", *_BOX, "area_px", "border_fraction_inside"]


@dataclass(frozen=True)
class _FieldCells:
    """One field and those of its cells that are to be cut."""

    field: Field
    cell_ids: NDArray[np.integer]
    boxes: NDArray[np.integer]


def run(inputs: CropsInputs, outputs: CropsOutputs, settings: CropsSettings, context: Context) -> StageReport:
    """Write the tile store, and complete the cells table with intensities, image hashes and drop reasons.

    Raises
    ------
    InputError
        The table names a field that is not among the fields, there is no table, or the fields have no channel
        of the protein or of the nuclei.
    """
    check_protein_and_nuclei(inputs.channels)
    stored = StoredCells(inputs.cells_path)
    writer = TileWriter(outputs.tiles_path, len(stored), inputs.key, inputs.channels, settings.preset)
    log = HashLog(outputs.tiles_path.with_name(f".{outputs.tiles_path.name}.hashes"), inputs.key)
    if writer.mends:
        _keep_hashes(log, stored)
    is_pending, total = writer.is_to_write, 0
    # All of them, so that a field that is missing is told before any is cut.
    for _ in _pending(stored, is_pending, log.hashes, inputs):
        total += 1
    cutter = _Cutter(inputs, settings)
    failures: list[Failure] = []
    work = _pending(stored, is_pending, log.hashes, inputs)
    coming = read_ahead(work, lambda item: item.field.list_files(inputs.channels))
    for item, done in context.map(cutter, coming, description="crops", total=total):
        if isinstance(done, Exception):
            failures.append(Failure(item.field.image_id, str(done)))
            done = CellTiles.blank(len(item.cell_ids), PRESETS[settings.preset].size), ""
        cut, image_hash = done
        log.add(item.field.image_id, image_hash)
        writer.append(cut)
    completion = _Completion(writer.finish(), log.hashes, inputs, settings)
    stored.write_completed(outputs.cells_path, completion)
    log.remove()
    return completion.report(failures)


def _keep_hashes(log: HashLog, stored: StoredCells) -> None:
    """Take the hashes of images that need not be read again from the table of the damaged store."""
    for part in stored.read_images(["image_id", "image_hash"]):
        table = part.drop_duplicates("image_id")
        for image_id, image_hash in zip(table["image_id"], table["image_hash"], strict=True):
            if image_hash and image_id not in log.hashes:
                log.add(image_id, image_hash)


class _Cutter:
    """Cut the cells of one field; called from several threads."""

    def __init__(self, inputs: CropsInputs, settings: CropsSettings) -> None:
        self._masks_dir, self._settings, self._channels = inputs.masks_dir, settings, inputs.channels
        self._pixel_sizes_um = inputs.pixel_sizes_um

    def __call__(self, item: _FieldCells) -> tuple[CellTiles, str]:
        """Return the tiles of a field's cells and the hash of its image."""
        image_id = item.field.image_id
        refuse_other(item.field, read_pictures(field_cells_path(self._masks_dir, image_id)))
        image = insert_absent(to_uint8(item.field.read(self._channels)), self._channels)
        nuclei, cells = read_segmented_labels(self._masks_dir, image_id)
        if not image.shape[1:] == cells.shape == nuclei.shape:
            raise InputError(
                found=f"the image is {image.shape[1:]} px (rows, columns) but its masks are {cells.shape}",
                where=f"field {image_id}",
                expected="the image that was segmented",
                advice="run `hpacells segment` again",
            )
        cut = crop_boxes(
            image,
            nuclei,
            cells,
            item.cell_ids,
            item.boxes,
            keep_neighbours=self._settings.neighbours == "keep",
            preset=self._settings.preset,
            pixel_size_um=self._pixel_sizes_um.get(image_id, REFERENCE_PIXEL_SIZE_UM),
        )
        return cut.without_means_of_others(self._channels), hash_image(image)


def _pending(
    stored: StoredCells,
    is_pending: NDArray[np.bool_],
    hashes: Mapping[str, str],
    inputs: CropsInputs,
) -> Iterator[_FieldCells]:
    """Group the rows that are still to be cut by field, in the order of the table.

    Fields of which all cells are cut and no hash is known have no cells here: they are read for the hash.
    """
    fields, start = {field.image_id: field for field in inputs.fields}, 0
    for part in stored.read_images(_COLUMNS):
        pending = is_pending[start : start + len(part)]
        start += len(part)
        for image_id, cells in part.groupby("image_id", sort=False):
            rows = cells[pending[cells.index]]
            if rows.empty and image_id in hashes:
                continue
            field = fields.get(str(image_id))
            if field is None:
                raise InputError(
                    found=f"no field {image_id}, whose cells are in the cells table",
                    where=inputs.images_dir,
                    expected="the folder that was segmented",
                    advice="give that folder, or run `hpacells segment` again",
                )
            yield _FieldCells(field, rows["cell_id"].to_numpy(), rows[_BOX].to_numpy())


class _Completion:
    """Complete rows of the cells table, and count them.

    Parameters
    ----------
    store
        The tiles, with the mean intensities of all cells.
    hashes
        Image ID -> hash of the image.
    inputs, settings
        Of the stage.
    """

    def __init__(
        self,
        store: TileStore,
        hashes: Mapping[str, str],
        inputs: CropsInputs,
        settings: CropsSettings,
    ) -> None:
        self._store, self._hashes, self._inputs, self._settings = store, hashes, inputs, settings
        self._dropped, self._unreadable = Counter[str](), dict[str, None]()

    def __call__(self, rows: slice, table: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of some cells that the stage adds."""
        means = self._store.mean_intensities(rows)
        columns = pd.DataFrame(means, columns=list(INTENSITY_COLUMNS))
        columns["image_hash"] = [self._hashes.get(image_id, "") for image_id in table["image_id"]]
        measured = table[["area_px", "border_fraction_inside"]].join(columns)
        limits = _limits(table["image_id"], self._settings, self._inputs.pixel_sizes_um)
        reasons = find_drop_reasons(measured, limits, self._inputs.channels)
        columns["dropped"] = reasons
        self._dropped.update(reason for reason in reasons if reason)
        unreadable = table["image_id"].to_numpy(object)[reasons == UNREADABLE]
        self._unreadable.update(dict.fromkeys(unreadable.tolist()))
        return columns

    def report(self, failures: list[Failure]) -> StageReport:
        """Return the report, after all cells."""
        reported = {failure.where for failure in failures}
        # A run that was interrupted after a failure finds the failed rows written, but not the reason.
        failures += [
            Failure(image_id, "could not be read before the run was interrupted")
            for image_id in self._unreadable
            if image_id not in reported
        ]
        count, dropped = len(self._store), self._dropped
        return StageReport(
            counts={"cells": count, "kept": count - dropped.total(), **dropped},
            failures=failures,
            details={"dropped": dict(dropped), CHANNELS_DETAIL: list(self._inputs.channels)},
        )


def _limits(images: pd.Series, settings: CropsSettings, pixel_sizes_um: Mapping[str, float]) -> DropLimits:
    sizes = images.map(pixel_sizes_um).to_numpy(np.float64)
    sizes = np.where(np.isnan(sizes), REFERENCE_PIXEL_SIZE_UM, sizes)
    return DropLimits(
        min_area_px=settings.min_area_um2 / sizes**2,
        min_fraction_inside=settings.min_fraction_inside,
        min_intensity=settings.min_intensity,
    )
