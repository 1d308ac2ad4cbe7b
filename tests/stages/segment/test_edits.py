"""Masks that are edited after they were segmented, and the user's own, through the stage."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask
from pipeline.engines.local import LocalEngine
from stages.segment.edits import check_edits
from stages.segment.paths import SegmentInputs, SegmentOutputs
from stages.segment.run import run as segment
from stages.segment.segmenter_choice import explain_choice, make_mask_source
from stages.segment.settings import SegmentSettings
from stages.stage import StageReport
from tests.factories.killed_writers import kill_before_each_operation

SHAPE = (30, 60)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Two fields, and the user's own masks of them: three cells with nuclei each."""
    (tmp_path / "images").mkdir()
    (tmp_path / "own").mkdir()
    cells = np.zeros(SHAPE, np.uint16)
    for number in range(3):
        cells[4:20, 4 + 18 * number : 20 + 18 * number] = number + 1
    nuclei = np.zeros_like(cells)
    nuclei[9:14] = cells[9:14]
    for image_id in ("a", "b"):
        for channel in CHANNELS:
            cv2.imwrite(str(tmp_path / f"images/{image_id}_{channel}.png"), np.full(SHAPE, 60, np.uint8))
        cv2.imwrite(str(tmp_path / f"own/{image_id}_cells.png"), cells)
        cv2.imwrite(str(tmp_path / f"own/{image_id}_nuclei.png"), nuclei)
    return tmp_path


def outputs_of(work: Path) -> SegmentOutputs:
    return SegmentOutputs(work / "masks", work / "cells.parquet", work / "images.parquet")


def run(work: Path, workers: int = 2, **settings: object) -> StageReport:
    chosen, fields = SegmentSettings(masks=str(work / "own"), **settings), find_fields(work / "images")
    inputs = SegmentInputs(fields, make_mask_source(fields, chosen), explain_choice(fields, chosen))
    return segment(inputs, outputs_of(work), chosen, LocalEngine(workers=workers))


def edit(work: Path, change, what: str = "cells") -> None:
    path = work / f"masks/a_{what}.png"
    labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(path), change(labels))


def check_table(work: Path, counts: dict[str, int]) -> None:
    table = read_cells(work / "cells.parquet")
    assert table.groupby("image_id").size().to_dict() == counts
    for row in table.itertuples():
        cells = read_label_image(work / f"masks/{row.image_id}_cells.png")
        mask = cells == row.cell_id
        assert row.area_px == np.count_nonzero(mask) > 0
        np.testing.assert_array_equal(decode_mask(row.rle, height=SHAPE[0], width=SHAPE[1]), mask)
        nuclei = read_label_image(work / f"masks/{row.image_id}_nuclei.png")
        assert row.nucleus_area_px == np.count_nonzero(nuclei == row.cell_id)
        assert not np.any((nuclei > 0) & (nuclei != cells))


def test_own_masks_make_the_same_tables(work: Path) -> None:
    report = run(work)
    assert report.counts == {"fields": 2, "reused": 0, "failed": 0, "cells": 6}
    check_table(work, {"a": 3, "b": 3})


def test_only_a_changed_mask_is_read_again(work: Path) -> None:
    run(work)
    assert run(work).counts["reused"] == 2
    own = cv2.imread(str(work / "own/a_cells.png"), cv2.IMREAD_UNCHANGED)
    cv2.imwrite(str(work / "own/a_cells.png"), np.where(own == 1, 0, own))
    assert run(work).counts["reused"] == 1
    check_table(work, {"a": 2, "b": 3})


@pytest.mark.parametrize(
    ("change", "cells"),
    [
        (lambda labels: np.where(labels == 2, 0, labels), 2),
        (lambda labels: (labels * 70).astype(np.uint8), 3),
        (lambda labels: np.where(np.arange(SHAPE[0])[:, None] < 12, 0, labels), 3),
        (lambda labels: np.where((labels == 0) & (np.arange(SHAPE[0])[:, None] > 24), 9, labels), 4),
        (lambda labels: labels * 0, 0),
    ],
)
def test_edited_cells_are_measured_again(work: Path, change, cells: int) -> None:
    run(work)
    edit(work, lambda labels: change(labels).astype(labels.dtype))
    assert run(work).counts["reused"] == 1
    check_table(work, {"a": cells, "b": 3} if cells else {"b": 3})
    assert run(work).counts["reused"] == 2


def test_edited_nuclei_are_measured_again(work: Path) -> None:
    run(work)
    edit(work, lambda labels: np.where(labels == 2, 0, labels), "nuclei")
    run(work)
    check_table(work, {"a": 3, "b": 3})
    assert read_cells(work / "cells.parquet")["nucleus_area_px"].tolist()[:3] == [80, 0, 80]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda labels: np.dstack([labels] * 3), "in colour"),
        (lambda labels: labels[:-1], "edited, and now 60 x 29 px; expected 60 x 30 px"),
        (lambda labels: (labels > 0).astype(np.uint8) * 255, "a binary mask"),
    ],
)
def test_an_edit_that_is_no_label_image_costs_that_field_alone_and_stays(
    work: Path, change, why: str
) -> None:
    run(work)
    edit(work, change)
    edited = (work / "masks/a_cells.png").read_bytes()
    with pytest.raises(InputError, match=why):
        check_edits(outputs_of(work), ["a"])
    report = run(work)
    assert [failure.where for failure in report.failures] == ["a"]
    assert why in report.failures[0].why
    check_table(work, {"b": 3})
    assert (work / "masks/a_cells.png").read_bytes() == edited


def test_an_edit_is_kept_where_the_field_is_segmented_again(work: Path) -> None:
    run(work)
    edit(work, lambda labels: np.where(labels == 2, 0, labels))
    edited = (work / "masks/a_cells.png").read_bytes()
    run(work, pixel_size_um=0.1)
    check_table(work, {"a": 3, "b": 3})
    assert (work / "masks/edited/a_cells.png").read_bytes() == edited
    assert not (work / "masks/edited/b_cells.png").exists()


@pytest.mark.slow
def test_no_edit_is_lost_by_a_kill(work: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    run(work)
    edit(work, lambda labels: np.where(labels == 2, 0, labels))
    edited = {name: (work / f"masks/a_{name}.png").read_bytes() for name in ("nuclei", "cells")}
    before = tmp_path_factory.mktemp("before") / "masks"
    shutil.copytree(work / "masks", before)

    kills = []

    def segment_again() -> None:
        run(work, workers=1, pixel_size_um=0.1)

    for number in kill_before_each_operation(work / "masks", before, segment_again):
        segment_again()
        check_table(work, {"a": 3, "b": 3})
        for name, content in edited.items():
            kept = [path.read_bytes() for path in (work / "masks").glob(f"edited*/a_{name}.png")]
            assert kept == [content], f"{name} before operation {number}"
        kills.append(number)
    assert len(kills) > 20


def test_an_edit_is_kept_where_the_image_is_gone(work: Path) -> None:
    run(work)
    edit(work, lambda labels: np.where(labels == 2, 0, labels))
    for channel in CHANNELS:
        (work / f"images/a_{channel}.png").unlink()
    run(work)
    check_table(work, {"b": 3})
    assert (work / "masks/edited/a_cells.png").is_file()
    assert not (work / "masks/a_cells.png").exists()


def test_a_deleted_mask_is_made_again(work: Path) -> None:
    run(work)
    (work / "masks/a_cells.png").unlink()
    assert run(work).counts["reused"] == 1
    check_table(work, {"a": 3, "b": 3})


def test_masks_that_hpacells_did_not_write_are_not_overwritten(work: Path) -> None:
    (work / "masks").mkdir()
    (work / "masks/a_cells.png").write_bytes(b"somebody's work")
    with pytest.raises(InputError, match=r"1 masks that hpacells did not write.*--masks"):
        run(work)
    assert (work / "masks/a_cells.png").read_bytes() == b"somebody's work"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"segmenter": "lite", "masks": "x"}, "give one of them"),
        ({"segmenter": "masks"}, "without the folder"),
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SegmentSettings(**settings)
