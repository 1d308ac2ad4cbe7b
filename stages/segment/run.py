"""Segment: find nuclei and cells of every field; write label images, cells table and images table."""

import hashlib
import json
import logging

from data.cells.cells_table import measure_cells, read_cells
from data.cells.field_cells import FieldCells, read_key_and_stamp, write_field_cells
from data.cells.label_stamp import LabelStamp, find_edit, hash_labels, label_paths, look_at_files
from data.errors import InputError
from data.fields.field import Field
from data.masks.label_image import write_label_image
from data.own_masks.notes import Notes
from data.own_masks.own_masks import FieldMasks, OwnMasks
from models.segmenters.segmenter import SegmentedField, Segmenter
from stages.segment.edits import is_edited, keep_edit, measure_edit
from stages.segment.paths import SegmentInputs, SegmentOutputs
from stages.segment.settings import SegmentSettings
from stages.segment.tables import collect, is_collected
from stages.stage import Context, Failure, StageReport

log = logging.getLogger("hpacells")


def run(
    inputs: SegmentInputs, outputs: SegmentOutputs, settings: SegmentSettings, context: Context
) -> StageReport:
    """Segment every field that is not done yet, and collect the tables.

    A field that fails is counted and does not stop the others.
    """
    fields, segmenter, reason = inputs.fields, inputs.segmenter, inputs.reason
    log.info("segmenter: %s%s", segmenter.name, f" ({reason})" if reason else "")
    _refuse_strange_masks(outputs)
    outputs.fields_dir.mkdir(parents=True, exist_ok=True)
    edits = Notes()
    work = _FieldSegmentation(segmenter, outputs, settings, edits)
    to_do = [field for field in fields if not work.is_done(field)]
    to_segment = sum(work.needs_source(field) for field in to_do)
    if to_segment:
        segmenter.prepare(min(context.workers, to_segment))
    failures = [
        Failure(field.image_id, str(result))
        for field, result in context.map(work, to_do, description="segment", total=len(to_do))
        if isinstance(result, Exception)
    ]
    failed = {failure.where for failure in failures}
    done = [field.image_id for field in fields if field.image_id not in failed]
    _forget_others(outputs, keep=set(done), failed=failed)
    _tell(segmenter, edits)
    # Left as they are where nothing changed: the crops stage has completed the cells table.
    if not is_collected(outputs, done):
        collect(outputs, done)
    return StageReport(
        counts={
            "fields": len(fields),
            "reused": len(fields) - len(to_do),
            "failed": len(failures),
            "cells": len(read_cells(outputs.cells_path, ["cell_id"])),
        },
        failures=failures,
        details={
            "segmenter": segmenter.identity(),
            "chosen because": reason or "asked for",
            "channels": list(segmenter.channels),
        },
    )


class _FieldSegmentation:
    """Segment one field and write what belongs to it; called from several threads."""

    def __init__(
        self, source: Segmenter | OwnMasks, outputs: SegmentOutputs, settings: SegmentSettings, edits: Notes
    ) -> None:
        self._source, self._outputs, self._settings, self._edits = source, outputs, settings, edits

    def is_done(self, field: Field) -> bool:
        """Check whether the field is segmented, and its rows are those of its label images."""
        record = self._find_record(field)
        if record is None or record[0] != self._key(field) or record[1] is None:
            return False
        return find_edit(self._outputs.masks_dir, field.image_id, record[1]) is None

    def needs_source(self, field: Field) -> bool:
        """Check whether a field that is not done is to be segmented; else its edited masks are measured."""
        record = self._find_record(field)
        return record is None or record[0] != self._key(field)

    def __call__(self, field: Field) -> None:
        outputs, image_id = self._outputs, field.image_id
        if not self.needs_source(field):
            measure_edit(outputs, image_id, self._edits)
            return
        key = self._key(field)
        found = self._find_cells(field)
        record = self._find_record(field)
        if record is not None and is_edited(outputs, image_id, record[1]):
            keep_edit(
                outputs, image_id, "the image or a setting has changed since, so it was segmented again"
            )
        for path, labels in zip(
            label_paths(outputs.masks_dir, image_id), (found.nuclei, found.cells), strict=True
        ):
            write_label_image(path, labels)
        table = measure_cells(image_id, found.nuclei, found.cells)
        height, width = found.cells.shape
        content = hash_labels(found.nuclei, found.cells)
        stamp = LabelStamp(look_at_files(outputs.masks_dir, image_id), content, content)
        # Written last: it is what says that the field is done.
        write_field_cells(outputs.rows_path(image_id), FieldCells(key, height, width, table, stamp))

    def _find_cells(self, field: Field) -> SegmentedField | FieldMasks:
        if isinstance(self._source, OwnMasks):
            return self._source.find(field)
        return self._source.segment(field.read(self._source.channels), self._settings.pixel_size_um)

    def _find_record(self, field: Field) -> tuple[str, LabelStamp | None] | None:
        """Read key and stamp of a field that was segmented and whose label images are there."""
        if not look_at_files(self._outputs.masks_dir, field.image_id):
            return None
        return read_key_and_stamp(self._outputs.rows_path(field.image_id))

    def _key(self, field: Field) -> str:
        used = [entry for entry in field.fingerprint() if entry[0] in self._source.channels]
        content = [used, self._source.identity(), self._settings.pixel_size_um]
        if isinstance(self._source, OwnMasks):
            content.append(self._source.fingerprint(field))
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _refuse_strange_masks(outputs: SegmentOutputs) -> None:
    """Refuse to overwrite masks that no segmentation wrote."""
    if outputs.fields_dir.is_dir():
        return
    masks = sorted(outputs.masks_dir.glob("*_cells.png"))
    if masks:
        raise InputError(
            found=f"{len(masks)} masks that hpacells did not write, such as {masks[0].name}",
            where=outputs.masks_dir,
            expected="an empty work folder",
            advice="move that folder out of the work folder and give it with --masks to use these masks",
        )


def _forget_others(outputs: SegmentOutputs, keep: set[str], failed: set[str]) -> None:
    """Remove the masks of fields that failed or are gone, so that nothing stale is read.

    Masks that were edited by hand stay where their field failed, so that they can be repaired.
    """
    masks_dir = outputs.masks_dir
    known = {path.stem for path in outputs.fields_dir.glob("*.parquet")}
    known |= {path.name.removesuffix("_cells.png") for path in masks_dir.glob("*_cells.png")}
    for image_id in known - keep:
        record = read_key_and_stamp(outputs.rows_path(image_id))
        if record is not None and is_edited(outputs, image_id, record[1]):
            if image_id in failed:
                continue
            keep_edit(outputs, image_id, "the image is not there any more")
        for path in (outputs.rows_path(image_id), *label_paths(masks_dir, image_id)):
            path.unlink(missing_ok=True)


def _tell(source: Segmenter | OwnMasks, edits: Notes) -> None:
    """Log what happened to masks that no segmenter made."""
    for line in edits.lines():
        log.info("masks: %s", line)
    if isinstance(source, OwnMasks):
        for line in source.notes.lines():
            log.info("masks: %s", line)
        if source.others:
            log.warning("masks: %d files fit no field, such as %s", len(source.others), source.others[0])
