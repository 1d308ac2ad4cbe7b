"""Segment: find nuclei and cells of every field; write label images, cells table and images table."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from data.cells.cells_table import COLUMN_TYPES, measure_cells, read_cells, write_cells
from data.cells.field_cells import FieldCells, read_field_cells, read_key, write_field_cells
from data.errors import InputError
from data.fields.field import Field, find_fields
from data.fields.images_table import COLUMN_TYPES as IMAGE_COLUMN_TYPES
from data.fields.images_table import read_images, write_images
from data.masks.label_image import write_label_image
from models.segmenters.calibration_fields import draw_sample
from models.segmenters.factory import SegmenterOptions, choose_segmenter, create_segmenter
from models.segmenters.segmenter import Segmenter
from models.segmenters.without_er import ER
from stages.segment.settings import SegmentSettings
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")


def make_segmenter(fields: Sequence[Field], settings: SegmentSettings) -> Segmenter:
    """Make the segmenter for some fields; its networks are not loaded before it is used.

    Raises
    ------
    InputError
        The segmenter or the runtime is not at hand.
    """
    er = _uses_er(fields, settings)
    sample = draw_sample(fields, settings.pixel_size_um, er=er)
    options = SegmenterOptions(settings.runtime, er, settings.labelling == "exact", sample)
    return create_segmenter(settings.segmenter, options)


def run(
    images: Path,
    masks: Path,
    cells: Path,
    images_table: Path,
    settings: SegmentSettings,
    context: Context,
    segmenter: Segmenter | None = None,
) -> StageReport:
    """Segment every field of a folder that is not done yet, and collect the tables.

    Parameters
    ----------
    images
        Folder of the fields.
    masks
        Folder for ``<ID>_nuclei.png`` and ``<ID>_cells.png``; its hidden folder ``.fields`` keeps the rows of
        each finished field, so that an interrupted run goes on.
    cells, images_table
        The tables to write.
    segmenter
        What `make_segmenter` gave for these fields and settings; made here by default.
    """
    fields = find_fields(images)
    segmenter = segmenter or make_segmenter(fields, settings)
    _, reason = choose_segmenter(settings.segmenter, er=_uses_er(fields, settings))
    log.info("segmenter: %s%s", segmenter.name, f" ({reason})" if reason else "")
    parts = masks / ".fields"
    work = _FieldSegmentation(masks, parts, segmenter, settings)
    to_do = [field for field in fields if not work.is_done(field)]
    if to_do:
        segmenter.prepare(min(context.workers, len(to_do)))
    failures = [
        Failure(field.image_id, str(result))
        for field, result in context.map(work, to_do, description="segment", total=len(to_do))
        if isinstance(result, Exception)
    ]
    failed = {failure.where for failure in failures}
    done = [field.image_id for field in fields if field.image_id not in failed]
    _forget_others(masks, parts, keep=set(done))
    # Left as they are where nothing changed: the crops stage has completed the cells table.
    if not _is_collected(parts, done, cells, images_table):
        _collect(parts, done, cells, images_table)
    return StageReport(
        counts={
            "fields": len(fields),
            "reused": len(fields) - len(to_do),
            "failed": len(failures),
            "cells": len(read_cells(cells, ["cell_id"])),
        },
        failures=failures,
        details={
            "segmenter": segmenter.identity(),
            "chosen because": reason or "asked for",
            "channels": list(segmenter.channels),
        },
    )


def _uses_er(fields: Sequence[Field], settings: SegmentSettings) -> bool:
    return settings.er == "yes" or (settings.er == "auto" and any(ER in field.files for field in fields))


class _FieldSegmentation:
    """Segment one field and write what belongs to it; called from several threads."""

    def __init__(self, masks: Path, parts: Path, segmenter: Segmenter, settings: SegmentSettings) -> None:
        self._masks, self._parts = masks, parts
        self._segmenter, self._settings = segmenter, settings

    def is_done(self, field: Field) -> bool:
        image_id = field.image_id
        label_images = (self._masks / f"{image_id}_{what}.png" for what in ("nuclei", "cells"))
        return read_key(self._parts / f"{image_id}.parquet") == self._key(field) and all(
            path.is_file() for path in label_images
        )

    def __call__(self, field: Field) -> None:
        key = self._key(field)
        image = field.read(self._segmenter.channels)
        found = self._segmenter.segment(image, self._settings.pixel_size_um)
        write_label_image(self._masks / f"{field.image_id}_nuclei.png", found.nuclei)
        write_label_image(self._masks / f"{field.image_id}_cells.png", found.cells)
        table = measure_cells(field.image_id, found.nuclei, found.cells)
        height, width = found.cells.shape
        # Written last: it is what says that the field is done.
        write_field_cells(self._parts / f"{field.image_id}.parquet", FieldCells(key, height, width, table))

    def _key(self, field: Field) -> str:
        used = [entry for entry in field.fingerprint() if entry[0] in self._segmenter.channels]
        content = [used, self._segmenter.identity(), self._settings.pixel_size_um]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _forget_others(masks: Path, parts: Path, keep: set[str]) -> None:
    """Remove the masks of fields that failed or are gone, so that nothing stale is read."""
    known = {part.stem for part in parts.glob("*.parquet")}
    known |= {path.name.removesuffix("_cells.png") for path in masks.glob("*_cells.png")}
    for image_id in known - keep:
        (parts / f"{image_id}.parquet").unlink(missing_ok=True)
        (masks / f"{image_id}_nuclei.png").unlink(missing_ok=True)
        (masks / f"{image_id}_cells.png").unlink(missing_ok=True)


def _is_collected(parts: Path, image_ids: list[str], cells: Path, images_table: Path) -> bool:
    """Tell whether the tables hold just these fields, and none was segmented since they were written."""
    if not (cells.is_file() and images_table.is_file()):
        return False
    written = images_table.stat().st_mtime_ns
    return read_images(images_table)["image_id"].tolist() == image_ids and all(
        (parts / f"{image_id}.parquet").stat().st_mtime_ns <= written for image_id in image_ids
    )


def _collect(parts: Path, image_ids: list[str], cells: Path, images_table: Path) -> None:
    """Join the rows of all fields into the two tables."""
    tables = [pd.DataFrame(columns=list(COLUMN_TYPES)).astype(COLUMN_TYPES)]
    images = []
    for image_id in image_ids:
        field_cells = read_field_cells(parts / f"{image_id}.parquet")
        if field_cells is None:
            raise InputError(
                found="vanished while the other fields were segmented",
                where=parts / f"{image_id}.parquet",
                advice="run `hpacells segment` again",
            )
        tables.append(field_cells.table)
        images.append((image_id, field_cells.image_height, field_cells.image_width, len(field_cells.table)))
    write_cells(cells, pd.concat(tables, ignore_index=True))
    write_images(images_table, pd.DataFrame(images, columns=list(IMAGE_COLUMN_TYPES)))
