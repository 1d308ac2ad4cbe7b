from pathlib import Path

import cv2
import numpy as np

from data.cells.edited_masks import find_mask_edits, stamps_path
from data.cells.label_stamp import LabelStamp, hash_labels, label_paths, look_at_files, write_stamps

LABELS = np.array([[0, 1], [2, 2]], np.uint16)


def test_edited_unmeasured_and_missing_masks(tmp_path: Path) -> None:
    content = hash_labels(LABELS, LABELS)
    stamps = {}
    for image_id in ("as segmented", "measured edit", "edit", "missing"):
        for path in label_paths(tmp_path, image_id):
            cv2.imwrite(str(path), LABELS)
        files = look_at_files(tmp_path, image_id)
        stamps[image_id] = LabelStamp(files, content, content, "e" if image_id == "measured edit" else "")
    write_stamps(stamps_path(tmp_path), stamps)
    cv2.imwrite(str(tmp_path / "edit_cells.png"), LABELS * 3)
    (tmp_path / "missing_nuclei.png").unlink()
    edits = find_mask_edits(tmp_path)
    assert edits.all == {"measured edit": "e", "edit": hash_labels(LABELS, LABELS * 3)}
    assert edits.unmeasured == ["edit"]
    assert edits.missing == ["missing"]


def test_a_folder_of_an_older_version_has_none(tmp_path: Path) -> None:
    edits = find_mask_edits(tmp_path)
    assert (edits.all, edits.unmeasured, edits.missing) == ({}, [], [])
