"""Masks that were edited after they were segmented: measured again, and never overwritten."""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.cells.cells_table import measure_cells
from data.cells.field_cells import FieldCells, read_field_cells, write_field_cells
from data.cells.label_stamp import LabelStamp, find_edit, hash_labels, label_paths, look_at_files
from data.errors import InputError
from data.fields.images_table import read_images
from data.masks.label_image import read_label_image, write_label_image
from data.own_masks.notes import Notes
from data.own_masks.numbering import number_cells, number_nuclei
from stages.segment.paths import SegmentOutputs
from stages.segment.tables import collect

log = logging.getLogger("hpacells")

_ADVICE = "save it as greyscale with a number for each cell, or delete it to have it segmented again"


def check_edits(outputs: SegmentOutputs, image_ids: Sequence[str]) -> None:
    """Check that edited label images can be measured.

    Raises
    ------
    InputError
        One cannot; the message names the first, and how many there are.
    """
    errors = []
    for image_id in image_ids:
        try:
            _read_rows(outputs, image_id, Notes())
        except InputError as error:
            errors.append(error)
    if len(errors) > 1:
        raise InputError(
            found=f"{len(errors)} edited masks cannot be used", where=outputs.masks_dir, advice=str(errors[0])
        )
    if errors:
        raise errors[0]


def measure_edits(outputs: SegmentOutputs, image_ids: Sequence[str]) -> dict[str, int | float]:
    """Measure edited label images, write the tables, and return the counts of a report."""
    notes = Notes()
    for image_id in image_ids:
        measure_edit(outputs, image_id, notes)
    for line in notes.lines():
        log.info("masks: %s", line)
    segmented = read_images(outputs.images_table_path)["image_id"].tolist()
    collect(outputs, segmented)
    cells = int(read_images(outputs.images_table_path)["cells"].sum())
    return {"fields": len(segmented), "edited": len(image_ids), "cells": cells}


def measure_edit(outputs: SegmentOutputs, image_id: str, notes: Notes) -> None:
    """Measure a field whose label images are not the ones of its rows, and write rows and label images.

    Raises
    ------
    InputError
        A file is no label image of the field's size.
    """
    rows_path, own = outputs.rows_path(image_id), Notes()
    before, nuclei, cells, found = _read_rows(outputs, image_id, own)
    table = measure_cells(image_id, nuclei, cells)
    if before.stamp is None and table[["rle", "nucleus_area_px"]].equals(
        before.table[["rle", "nucleus_area_px"]]
    ):
        # Rows of a version that kept no stamp, and nothing was edited.
        stamp = LabelStamp(look_at_files(outputs.masks_dir, image_id), found, found)
        write_field_cells(rows_path, replace(before, stamp=stamp))
        return
    _write_labels(outputs, image_id, nuclei, cells)
    segmented = before.stamp.segmented if before.stamp else ""
    stamp = LabelStamp(
        look_at_files(outputs.masks_dir, image_id),
        hash_labels(nuclei, cells),
        segmented,
        "" if found == segmented else found,
    )
    write_field_cells(rows_path, replace(before, table=table, stamp=stamp))
    was = "" if len(table) == len(before.table) else f", {len(before.table)} before"
    notes.add("edited since they were segmented, measured again", f"{image_id} ({len(table)} cells{was})")
    notes.take(own)


def _read_rows(
    outputs: SegmentOutputs, image_id: str, notes: Notes
) -> tuple[FieldCells, NDArray[np.uint16], NDArray[np.uint16], str]:
    """Read a field's rows and its label images, numbered 1..n, and the hash of the pixels in the files."""
    rows_path = outputs.rows_path(image_id)
    before = read_field_cells(rows_path)
    if before is None:
        raise InputError(
            found="unreadable", where=rows_path, advice="delete it and run `hpacells segment` again"
        )
    nuclei_path, cells_path = label_paths(outputs.masks_dir, image_id)
    size = (before.image_height, before.image_width)
    read = []
    for path in (nuclei_path, cells_path):
        try:
            labels = read_label_image(path)
        except InputError as error:
            raise InputError(
                found=f"edited, but {error}", where=f"field {image_id}", advice=_ADVICE
            ) from None
        if labels.shape != size:
            raise InputError(
                found=f"edited, and now {labels.shape[1]} x {labels.shape[0]} px",
                where=path,
                expected=f"{size[1]} x {size[0]} px, the size of the field",
                advice=_ADVICE,
            )
        read.append(labels)
    cells = number_cells(cells_path, read[1], notes)
    return before, number_nuclei(nuclei_path, read[0], cells, notes), cells, hash_labels(*read)


def is_edited(outputs: SegmentOutputs, image_id: str, stamp: LabelStamp | None) -> bool:
    """Check whether the label images of a field, if there are any, are somebody's work."""
    if stamp is None or not look_at_files(outputs.masks_dir, image_id):
        return False
    return bool(stamp.edited) or find_edit(outputs.masks_dir, image_id, stamp) is not None


def keep_edit(outputs: SegmentOutputs, image_id: str, why: str) -> None:
    """Move edited label images aside, before others take their place."""
    kept = _move_aside(outputs, image_id)
    log.warning(
        "%s: its mask had been edited by hand, but %s; the edited one is kept in %s (use it with --masks)",
        image_id,
        why,
        kept,
    )


def keep_damaged(outputs: SegmentOutputs, image_id: str) -> None:
    """Move label images aside that cannot be read, for they may be somebody's work."""
    log.warning(
        "%s: its mask is damaged, so it is segmented again; what is left of it is kept in %s",
        image_id,
        _move_aside(outputs, image_id),
    )


def keep_strange(outputs: SegmentOutputs, image_id: str) -> None:
    """Move label images aside that no segmentation wrote, before others take their place."""
    if outputs.wrote(image_id) or not any(path.exists() for path in _label_paths(outputs, image_id)):
        return
    log.warning(
        "%s: its mask was not written by hpacells; it is kept in %s (use it with --masks)",
        image_id,
        _move_aside(outputs, image_id),
    )


def _move_aside(outputs: SegmentOutputs, image_id: str) -> Path:
    """Move what is there of a field's label images to a folder that has none of it; return the folder."""
    paths = _label_paths(outputs, image_id)
    folder, number = outputs.edited_dir, 1
    while any(_is_other(path, folder / path.name) for path in paths):
        number += 1
        folder = outputs.edited_dir.with_name(f"{outputs.edited_dir.name}-{number}")
    folder.mkdir(parents=True, exist_ok=True)
    there = [path for path in paths if path.exists()]
    for path in there:
        _keep(path, folder / path.name)
    # Once both are kept: one that is left alone by a kill is known for nobody's work.
    for path in there:
        path.unlink()
    return folder


def _is_other(path: Path, kept: Path) -> bool:
    """Check whether another file is kept already; the same one is after a kill."""
    return kept.exists() and not (path.exists() and path.samefile(kept))


def _keep(path: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        target.hardlink_to(path)
    except OSError:
        # The file system has no links.
        with atomic_write(target) as temporary:
            shutil.copy2(path, temporary)


def _label_paths(outputs: SegmentOutputs, image_id: str) -> tuple[Path, Path]:
    return label_paths(outputs.masks_dir, image_id)


def _write_labels(
    outputs: SegmentOutputs, image_id: str, nuclei: NDArray[np.uint16], cells: NDArray[np.uint16]
) -> None:
    for path, labels in zip(label_paths(outputs.masks_dir, image_id), (nuclei, cells), strict=True):
        write_label_image(path, labels)
