"""Segment: find nuclei and cells of every field; write label images, cells table and images table."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import COLUMN_TYPES, measure_cells, read_cells, write_cells
from data.cells.field_cells import FieldCells, read_field_cells, read_key, read_versions, write_field_cells
from data.errors import InputError
from data.fields.field import Field
from data.fields.images_table import COLUMN_TYPES as IMAGE_COLUMN_TYPES
from data.fields.images_table import read_images, write_images
from data.fields.pixel_size import resolve_pixel_size
from data.fields.structure import has_structure
from data.masks.label_image import write_label_image
from data.software.differences import find_differences, name_differences
from models.segmenters.segmenter import Segmenter
from stages.segment.paths import SegmentInputs, SegmentOutputs
from stages.segment.remarks import SegmentedRemarks, tell_remarks
from stages.segment.settings import SegmentSettings
from stages.stage import Context, Failure, StageReport

_NUCLEI = "blue"

log = logging.getLogger("hpacells")


def run(
    inputs: SegmentInputs, outputs: SegmentOutputs, settings: SegmentSettings, context: Context
) -> StageReport:
    """Segment every field that is not done yet, and collect the tables.

    A field that fails is counted and does not stop the others.
    """
    fields, segmenter, reason = inputs.fields, inputs.segmenter, inputs.reason
    log.info("segmenter: %s%s", segmenter.name, f" ({reason})" if reason else "")
    work = _FieldSegmentation(segmenter, outputs, settings)
    to_do = [field for field in fields if not work.is_done(field)]
    _warn_of_versions(outputs, fields, to_do)
    if to_do:
        segmenter.prepare(min(context.workers, len(to_do)))
    failures: list[Failure] = []
    remarks: list[SegmentedRemarks] = []
    for field, result in context.map(work, to_do, description="segment", total=len(to_do)):
        if isinstance(result, Exception):
            failures.append(Failure(field.image_id, str(result)))
        else:
            remarks.append(result)
    tell_remarks(remarks)
    failed = {failure.where for failure in failures}
    done = [field.image_id for field in fields if field.image_id not in failed]
    _forget_others(outputs, keep=set(done))
    # Left as they are where nothing changed: the crops stage has completed the cells table.
    if not _is_collected(outputs, done):
        _collect(outputs, done)
    empty = int((read_images(outputs.images_table_path)["cells"] == 0).sum())
    counts: dict[str, int | float] = {
        "fields": len(fields),
        "reused": len(fields) - len(to_do),
        "failed": len(failures),
        "cells": len(read_cells(outputs.cells_path, ["cell_id"])),
    }
    if empty:
        counts["fields without cells"] = empty
    return StageReport(
        counts=counts,
        failures=failures,
        details={
            "segmenter": segmenter.identity(),
            "chosen because": reason or "asked for",
            "channels": list(segmenter.channels),
        },
    )


class _FieldSegmentation:
    """Segment one field and write what belongs to it; called from several threads."""

    def __init__(self, segmenter: Segmenter, outputs: SegmentOutputs, settings: SegmentSettings) -> None:
        self._segmenter, self._outputs, self._settings = segmenter, outputs, settings

    def is_done(self, field: Field) -> bool:
        image_id = field.image_id
        label_images = (self._outputs.masks_dir / f"{image_id}_{what}.png" for what in ("nuclei", "cells"))
        return read_key(_rows_path(self._outputs, image_id)) == self._key(field) and all(
            path.is_file() for path in label_images
        )

    def __call__(self, field: Field) -> SegmentedRemarks:
        key = self._key(field)
        image = field.read(self._segmenter.channels)
        size = resolve_pixel_size(field, self._settings.pixel_size_um)
        found = self._segmenter.segment(image, size.um)
        masks_dir = self._outputs.masks_dir
        write_label_image(masks_dir / f"{field.image_id}_nuclei.png", found.nuclei)
        write_label_image(masks_dir / f"{field.image_id}_cells.png", found.cells)
        table = measure_cells(field.image_id, found.nuclei, found.cells)
        height, width = found.cells.shape
        # Written last: it is what says that the field is done.
        rows = FieldCells(key, height, width, table, size.um)
        write_field_cells(_rows_path(self._outputs, field.image_id), rows)
        return SegmentedRemarks(field.image_id, size, table.empty and self._shows_nuclei(image))

    def _shows_nuclei(self, image: NDArray[Any]) -> bool:
        channels = self._segmenter.channels
        return _NUCLEI in channels and has_structure(image[channels.index(_NUCLEI)])

    def _key(self, field: Field) -> str:
        used = [entry for entry in field.fingerprint() if entry[0] in self._segmenter.channels]
        content = [used, self._segmenter.identity(), self._settings.pixel_size_um]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _rows_path(outputs: SegmentOutputs, image_id: str) -> Path:
    return outputs.fields_dir / f"{image_id}.parquet"


def _warn_of_versions(outputs: SegmentOutputs, fields: Sequence[Field], to_do: Sequence[Field]) -> None:
    """Warn where fields of an interrupted run were segmented with other versions of libraries, by number."""
    waiting = {field.image_id for field in to_do}
    done = [field.image_id for field in fields if field.image_id not in waiting]
    recorded = [read_versions(_rows_path(outputs, image_id)) for image_id in done]
    found = Counter(filter(None, (name_differences(find_differences(versions)) for versions in recorded)))
    for difference, count in found.items():
        log.warning(
            "segment: %d of %d fields were segmented before with %s, so that outlines may differ by some "
            "pixels (docs/versions.md); they are kept; to have all fields alike, remove %s and run this again",
            count,
            len(fields),
            difference,
            outputs.masks_dir,
        )


def _forget_others(outputs: SegmentOutputs, keep: set[str]) -> None:
    """Remove the masks of fields that failed or are gone, so that nothing stale is read."""
    masks_dir = outputs.masks_dir
    known = {path.stem for path in outputs.fields_dir.glob("*.parquet")}
    known |= {path.name.removesuffix("_cells.png") for path in masks_dir.glob("*_cells.png")}
    for image_id in known - keep:
        _rows_path(outputs, image_id).unlink(missing_ok=True)
        (masks_dir / f"{image_id}_nuclei.png").unlink(missing_ok=True)
        (masks_dir / f"{image_id}_cells.png").unlink(missing_ok=True)


def _is_collected(outputs: SegmentOutputs, image_ids: list[str]) -> bool:
    """Check whether the tables hold just these fields, and none was segmented since they were written."""
    if not (outputs.cells_path.is_file() and outputs.images_table_path.is_file()):
        return False
    written = outputs.images_table_path.stat().st_mtime_ns
    return read_images(outputs.images_table_path)["image_id"].tolist() == image_ids and all(
        _rows_path(outputs, image_id).stat().st_mtime_ns <= written for image_id in image_ids
    )


def _collect(outputs: SegmentOutputs, image_ids: list[str]) -> None:
    """Join the rows of all fields into the two tables."""
    tables = [pd.DataFrame(columns=list(COLUMN_TYPES)).astype(COLUMN_TYPES)]
    images = []
    for image_id in image_ids:
        path = _rows_path(outputs, image_id)
        field_cells = read_field_cells(path)
        if field_cells is None:
            raise InputError(
                found="vanished while the other fields were segmented",
                where=path,
                advice="run `hpacells segment` again",
            )
        tables.append(field_cells.table)
        size = field_cells.image_height, field_cells.image_width
        images.append((image_id, *size, len(field_cells.table), field_cells.pixel_size_um))
    write_cells(outputs.cells_path, pd.concat(tables, ignore_index=True))
    write_images(outputs.images_table_path, pd.DataFrame(images, columns=list(IMAGE_COLUMN_TYPES)))
