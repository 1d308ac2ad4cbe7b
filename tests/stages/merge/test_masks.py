import os
from pathlib import Path

import numpy as np
import pytest

from data.cells.cells_table import measure_cells, read_cells
from data.cells.edited_masks import MaskEdits, find_mask_edits
from data.cells.field_cells import FieldCells, write_field_cells
from data.cells.label_stamp import LabelStamp, hash_labels, label_paths, look_at_files
from data.fields.images_table import read_images
from data.fields.shard import find_shard_number
from data.masks.label_image import write_label_image
from stages.merge.masks import join_masks
from stages.segment.paths import SegmentOutputs
from tests.factories.context import QuietContext

IDS = ["A", "B", "C", "D"]


def place(folder: Path) -> SegmentOutputs:
    return SegmentOutputs(folder / "masks", folder / "cells.parquet", folder / "images.parquet")


def segment(outputs: SegmentOutputs, image_id: str) -> None:
    cells = np.zeros((20, 30), np.uint16)
    cells[2:8, 3:9], cells[10:15, 10 : 12 + IDS.index(image_id)] = 1, 2
    for path in label_paths(outputs.masks_dir, image_id):
        write_label_image(path, cells)
    content = hash_labels(cells, cells)
    stamp = LabelStamp(look_at_files(outputs.masks_dir, image_id), content, content)
    table = measure_cells(image_id, cells, cells)
    write_field_cells(outputs.rows_path(image_id), FieldCells("key", 20, 30, table, 0.08, stamp))


@pytest.fixture
def parts(tmp_path: Path) -> list[SegmentOutputs]:
    made = [place(tmp_path / str(number)) for number in range(2)]
    for image_id in IDS:
        segment(made[find_shard_number(image_id, 2)], image_id)
    return made


def test_masks_are_linked_and_tables_collected(parts: list[SegmentOutputs], tmp_path: Path) -> None:
    joined = place(tmp_path / "joined")
    join_masks(parts, IDS, joined, QuietContext())
    for image_id in IDS:
        source = parts[find_shard_number(image_id, 2)]
        for ours, theirs in zip(
            label_paths(joined.masks_dir, image_id), label_paths(source.masks_dir, image_id), strict=True
        ):
            assert ours.samefile(theirs)
    assert read_images(joined.images_table_path)["image_id"].tolist() == IDS
    assert read_cells(joined.cells_path)["image_id"].tolist() == ["A", "A", "B", "B", "C", "C", "D", "D"]
    assert find_mask_edits(joined.masks_dir) == MaskEdits({}, [], [], [])


def test_files_are_copied_where_there_are_no_links(
    parts: list[SegmentOutputs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    joined = place(tmp_path / "joined")
    join_masks(parts, IDS, joined, QuietContext())
    before = {path: path.stat().st_ino for path in joined.masks_dir.glob("*.png")}
    assert len(before) == 8
    assert not any(path.stat().st_nlink > 1 for path in before)
    assert find_mask_edits(joined.masks_dir) == MaskEdits({}, [], [], [])
    join_masks(parts, IDS, joined, QuietContext())
    assert {path: path.stat().st_ino for path in before} == before


def test_fields_that_are_no_more_are_removed_and_strange_masks_kept(
    parts: list[SegmentOutputs], tmp_path: Path
) -> None:
    joined = place(tmp_path / "joined")
    join_masks(parts, IDS, joined, QuietContext())
    (joined.masks_dir / "mine_cells.png").write_bytes(b"mine")
    join_masks(parts, IDS[:2], joined, QuietContext())
    assert sorted(path.name for path in joined.masks_dir.glob("*.png")) == [
        *(f"{image_id}_{what}.png" for image_id in IDS[:2] for what in ("cells", "nuclei")),
        "mine_cells.png",
    ]
    assert read_images(joined.images_table_path)["image_id"].tolist() == IDS[:2]


def test_a_lost_mask_of_a_shard_is_an_error(parts: list[SegmentOutputs], tmp_path: Path) -> None:
    label_paths(parts[find_shard_number("C", 2)].masks_dir, "C")[0].unlink()
    with pytest.raises(FileNotFoundError):
        join_masks(parts, IDS, place(tmp_path / "joined"), QuietContext())
