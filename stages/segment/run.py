"""Segment: find nuclei and cells of every field; write label images, cells table and images table."""

import logging
from collections import Counter
from collections.abc import Sequence

from data.cells.field_cells import read_key, read_versions
from data.cells.label_stamp import label_paths
from data.cells.stored_cells import StoredCells
from data.errors import InputError
from data.fields.field import Field
from data.fields.images_table import read_images
from data.own_masks.notes import Notes
from data.own_masks.own_masks import OwnMasks
from data.software.differences import MIXED_FIELDS, find_differences, name_differences
from data.storage.images import read_ahead
from models.segmenters.segmenter import Segmenter
from stages.segment.edits import is_edited, keep_edit
from stages.segment.field_segmentation import FieldSegmentation
from stages.segment.paths import SegmentInputs, SegmentOutputs
from stages.segment.remarks import SegmentedRemarks, tell_channels, tell_remarks
from stages.segment.settings import AUTO, SegmentSettings
from stages.segment.tables import collect
from stages.stage import Context, Failure, StageReport

FIELD_CHANNELS = "field channels"
"""Detail of the report: the channels of the fields that are used."""

log = logging.getLogger("hpacells")


def run(
    inputs: SegmentInputs, outputs: SegmentOutputs, settings: SegmentSettings, context: Context
) -> StageReport:
    """Segment every field that is not done yet, and collect the tables.

    A field that fails is counted and does not stop the others.
    """
    fields, segmenter, reason = inputs.fields, inputs.segmenter, inputs.reason
    log.info("segmenter: %s%s", segmenter.name, f" ({reason})" if reason else "")
    tell_channels(inputs.channels, chosen=settings.channels != AUTO)
    _refuse_strange_masks(outputs)
    outputs.fields_dir.mkdir(parents=True, exist_ok=True)
    work = FieldSegmentation(segmenter, outputs, settings)
    to_do = [field for field in fields if not work.is_done(field)]
    mixed = _warn_of_versions(outputs, fields, to_do)
    notes = Notes()
    failures, remarks = _segment(work, to_do, context, notes)
    tell_remarks(remarks)
    failed = {failure.where for failure in failures}
    done = [field.image_id for field in fields if field.image_id not in failed]
    _forget_others(outputs, keep=set(done), failed=failed)
    _tell(segmenter, notes)
    collect(outputs, done)
    empty = int((read_images(outputs.images_table_path)["cells"] == 0).sum())
    counts: dict[str, int | float] = {
        "fields": len(fields),
        "reused": len(fields) - len(to_do),
        "failed": len(failures),
        "cells": len(StoredCells(outputs.cells_path)),
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
            FIELD_CHANNELS: list(inputs.channels),
            **({MIXED_FIELDS: mixed} if mixed else {}),
        },
    )


def _segment(
    work: FieldSegmentation, fields: Sequence[Field], context: Context, notes: Notes
) -> tuple[list[Failure], list[SegmentedRemarks]]:
    failures: list[Failure] = []
    remarks: list[SegmentedRemarks] = []
    prepare = work.prepare if any(map(work.needs_source, fields)) else None
    coming = read_ahead(fields, work.list_files)
    results = context.map(work, coming, description="segment", total=len(fields), prepare=prepare)
    for field, result in results:
        if isinstance(result, Exception):
            failures.append(Failure(field.image_id, str(result)))
            continue
        remark, noted = result
        notes.take(noted)
        if remark is not None:
            remarks.append(remark)
    return failures, remarks


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


def _warn_of_versions(
    outputs: SegmentOutputs, fields: Sequence[Field], to_do: Sequence[Field]
) -> dict[str, int]:
    """Warn of fields that other versions of libraries segmented before; return how many by which."""
    waiting = {field.image_id for field in to_do}
    done = [field.image_id for field in fields if field.image_id not in waiting]
    recorded = [read_versions(outputs.rows_path(image_id)) for image_id in done]
    found = Counter(filter(None, (name_differences(find_differences(versions)) for versions in recorded)))
    for difference, count in found.items():
        log.warning(
            "segment: %d of %d fields were segmented before with %s, so that outlines may differ by some "
            "pixels (docs/versions.md); they are kept; to have all alike, remove %s and run this again",
            count,
            len(fields),
            difference,
            outputs.masks_dir,
        )
    return dict(found)


def _forget_others(outputs: SegmentOutputs, keep: set[str], failed: set[str]) -> None:
    """Remove the masks that a segmentation wrote of fields that failed or are gone: nothing stale is read.

    Masks that were edited by hand stay where their field failed, so that they can be repaired. Other files
    in the folder stay.
    """
    for half_written in outputs.fields_dir.glob(".*.parquet"):
        half_written.unlink()
    written = {path.stem for path in outputs.fields_dir.iterdir() if path.suffix in (".parquet", ".begun")}
    others = sorted(written - keep)
    for image_id in others:
        record = read_key(outputs.rows_path(image_id))
        if record is not None and is_edited(outputs, image_id, record[1]):
            if image_id in failed:
                continue
            keep_edit(outputs, image_id, "the image is not there any more")
        for path in (*label_paths(outputs.masks_dir, image_id), outputs.rows_path(image_id)):
            path.unlink(missing_ok=True)
        outputs.begun_path(image_id).unlink(missing_ok=True)
    gone = [image_id for image_id in others if image_id not in failed]
    if gone:
        log.warning(
            "segment: removed the masks of %d fields that are not among the images any more, such as %s",
            len(gone),
            gone[0],
        )


def _tell(source: Segmenter | OwnMasks, notes: Notes) -> None:
    """Log what happened to masks that no segmenter made."""
    if isinstance(source, OwnMasks):
        notes.take(source.notes)
    for line in notes.lines():
        log.info("masks: %s", line)
    for line in notes.doubts():
        log.warning("masks: %s", line)
    if isinstance(source, OwnMasks) and source.others:
        log.warning("masks: %d files fit no field, such as %s", len(source.others), source.others[0])
