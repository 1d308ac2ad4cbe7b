import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.cells.label_stamp import (
    LabelStamp,
    find_edit,
    hash_labels,
    label_paths,
    look_at_files,
    read_stamps,
    write_stamps,
)
from data.masks.label_image import read_label_image

CELLS = np.array([[0, 1, 1], [2, 2, 1]], np.uint16)
NUCLEI = np.array([[0, 1, 0], [2, 0, 0]], np.uint16)


@pytest.fixture
def stamp(tmp_path: Path) -> LabelStamp:
    for path, labels in zip(label_paths(tmp_path, "a"), (NUCLEI, CELLS), strict=True):
        cv2.imwrite(str(path), labels)
    content = hash_labels(NUCLEI, CELLS)
    return LabelStamp(look_at_files(tmp_path, "a"), content, content)


def test_the_same_files_and_the_same_pixels_are_no_edit(tmp_path: Path, stamp: LabelStamp) -> None:
    assert find_edit(tmp_path, "a", stamp) is None
    os.utime(tmp_path / "a_cells.png")
    assert find_edit(tmp_path, "a", stamp) is None
    cv2.imwrite(str(tmp_path / "a_cells.png"), CELLS.astype(np.uint8))
    assert find_edit(tmp_path, "a", stamp) is None


def test_files_are_read_once_until_they_are_others(
    tmp_path: Path, stamp: LabelStamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def note(path: Path) -> np.ndarray:
        read.append(path)
        return read_label_image(path)

    monkeypatch.setattr("data.cells.label_stamp.read_label_image", note)
    os.utime(tmp_path / "a_cells.png", ns=(1, 1))
    assert [find_edit(tmp_path, "a", stamp) for _ in range(3)] == [None] * 3
    assert len(read) == 2
    cv2.imwrite(str(tmp_path / "a_cells.png"), CELLS * 0)
    os.utime(tmp_path / "a_cells.png", ns=(2, 2))
    assert find_edit(tmp_path, "a", stamp) == hash_labels(NUCLEI, CELLS * 0)
    assert len(read) == 4


@pytest.mark.parametrize("what", ["cells", "nuclei"])
def test_other_pixels_are_an_edit(tmp_path: Path, stamp: LabelStamp, what: str) -> None:
    edited = {"cells": CELLS, "nuclei": NUCLEI} | {what: NUCLEI * 0}
    cv2.imwrite(str(tmp_path / f"a_{what}.png"), edited[what])
    assert find_edit(tmp_path, "a", stamp) == hash_labels(edited["nuclei"], edited["cells"])


def test_what_cannot_be_read_is_an_edit_and_what_is_missing_is_none(
    tmp_path: Path, stamp: LabelStamp
) -> None:
    (tmp_path / "a_cells.png").write_bytes(b"no image")
    assert (find_edit(tmp_path, "a", stamp) or "").startswith("unreadable")
    (tmp_path / "a_cells.png").unlink()
    assert find_edit(tmp_path, "a", stamp) is None


def test_the_hash_depends_on_shape_and_order() -> None:
    assert len({hash_labels(NUCLEI, CELLS), hash_labels(CELLS, NUCLEI), hash_labels(NUCLEI.T, CELLS.T)}) == 3


def test_round_trip(tmp_path: Path, stamp: LabelStamp) -> None:
    stamps = {"a": stamp, "ünï 1": LabelStamp("1 2 3 4", "m", "s", "e")}
    write_stamps(tmp_path / "stamps.parquet", stamps)
    assert read_stamps(tmp_path / "stamps.parquet") == stamps
    assert read_stamps(tmp_path / "none.parquet") == {}
    write_stamps(tmp_path / "stamps.parquet", {})
    assert read_stamps(tmp_path / "stamps.parquet") == {}
