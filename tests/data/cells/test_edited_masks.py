from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from data.cells.cells_table import measure_cells
from data.cells.edited_masks import find_mask_edits, find_unrecorded, stamps_path
from data.cells.field_cells import FieldCells, write_field_cells
from data.cells.label_stamp import LabelStamp, hash_labels, label_paths, look_at_files, write_stamps
from data.cells.record_paths import field_cells_path, records_path

LABELS = np.array([[0, 1], [2, 2]], np.uint16)


def test_edited_unmeasured_and_missing_masks(tmp_path: Path) -> None:
    content = hash_labels(LABELS, LABELS)
    stamps = {}
    records_path(tmp_path).mkdir()
    for image_id in ("as segmented", "measured edit", "edit", "missing", "half segmented"):
        if image_id != "half segmented":
            field_cells_path(tmp_path, image_id).touch()
        for path in label_paths(tmp_path, image_id):
            cv2.imwrite(str(path), LABELS)
        files = look_at_files(tmp_path, image_id)
        stamps[image_id] = LabelStamp(files, content, content, "e" if image_id == "measured edit" else "")
    write_stamps(stamps_path(tmp_path), stamps)
    for image_id in ("edit", "half segmented"):
        cv2.imwrite(str(tmp_path / f"{image_id}_cells.png"), LABELS * 3)
    (tmp_path / "missing_nuclei.png").unlink()
    edits = find_mask_edits(tmp_path)
    assert edits.all == {"measured edit": "e", "edit": hash_labels(LABELS, LABELS * 3)}
    assert edits.unmeasured == ["edit"]
    assert edits.missing == ["missing"]
    assert find_unrecorded(tmp_path) == ["half segmented"]


def test_a_folder_of_an_older_version_has_none(tmp_path: Path) -> None:
    edits = find_mask_edits(tmp_path)
    assert (edits.all, edits.unmeasured, edits.missing) == ({}, [], [])


def test_a_mask_that_a_later_record_measured_is_no_edit(tmp_path: Path) -> None:
    for path in label_paths(tmp_path, "a"):
        cv2.imwrite(str(path), LABELS * 3)
    content = hash_labels(LABELS * 3, LABELS * 3)
    write_stamps(stamps_path(tmp_path), {"a": LabelStamp("0 0 0 0", "earlier", "earlier")})
    records_path(tmp_path).mkdir()
    stamp = LabelStamp(look_at_files(tmp_path, "a"), content, content)
    for measured, unmeasured in ((stamp, []), (replace(stamp, measured="other"), ["a"])):
        write_field_cells(
            field_cells_path(tmp_path, "a"),
            FieldCells("k", 2, 2, measure_cells("a", LABELS, LABELS), stamp=measured),
        )
        edits = find_mask_edits(tmp_path)
        assert (edits.unmeasured, list(edits.all)) == (unmeasured, unmeasured)
