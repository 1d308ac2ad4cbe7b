import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.cells import field_cells
from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.fields.image_folder import find_fields
from data.fields.images_table import read_images
from data.masks.label_image import read_label_image
from data.software.differences import MIXED_FIELDS
from data.software.versions import library_versions
from models.segmenters.factory import SegmenterOptions, choose_segmenter
from models.segmenters.segmenter import SegmentedField
from pipeline.engines.local import LocalEngine
from stages.segment import field_segmentation, segmenter_choice
from stages.segment import run as segment
from stages.segment.paths import SegmentInputs, SegmentOutputs
from stages.segment.settings import SegmentSettings


class ThresholdSegmenter:
    """Takes every blue grey value as a cell of its own, and counts the fields that it sees."""

    name = "threshold"
    channels = ("blue",)

    def __init__(self) -> None:
        self.seen = 0
        self.prepared: list[int] = []

    def identity(self) -> str:
        return "threshold 1"

    def prepare(self, workers: int = 1) -> None:
        self.prepared.append(workers)

    def segment(self, image: np.ndarray, pixel_size_um: float) -> SegmentedField:
        self.seen += 1
        labels = np.unique(image[0], return_inverse=True)[1].reshape(image[0].shape).astype(np.uint16)
        return SegmentedField(nuclei=labels, cells=labels)


@pytest.fixture
def segmenter(monkeypatch: pytest.MonkeyPatch) -> ThresholdSegmenter:
    threshold = ThresholdSegmenter()
    monkeypatch.setattr(segmenter_choice, "create_segmenter", lambda *_: threshold)
    return threshold


def write_field(images: Path, image_id: str, cells: int, shape: tuple[int, int] = (30, 40)) -> None:
    images.mkdir(exist_ok=True)
    plane = np.zeros(shape, np.uint8)
    for number in range(cells):
        plane[5:15, 5 + 10 * number : 13 + 10 * number] = 50 * (number + 1)
    for channel in CHANNELS:
        cv2.imwrite(str(images / f"{image_id}_{channel}.png"), plane)


def run(work: Path, **settings: object):
    chosen, fields = SegmentSettings(**settings), find_fields(work / "images")
    reason = segmenter_choice.explain_choice(fields, chosen)
    inputs = SegmentInputs(fields, segmenter_choice.make_segmenter(fields, chosen), reason)
    outputs = SegmentOutputs(work / "masks", work / "cells.parquet", work / "images.parquet")
    return segment.run(inputs, outputs, chosen, LocalEngine(workers=2))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    write_field(tmp_path / "images", "a", 2)
    write_field(tmp_path / "images", "b", 0)
    write_field(tmp_path / "images", "c", 3, shape=(50, 60))
    return tmp_path


def test_masks_and_tables(work: Path, segmenter: ThresholdSegmenter) -> None:
    report = run(work)
    assert report.counts == {"fields": 3, "reused": 0, "failed": 0, "cells": 5, "fields without cells": 1}
    assert report.details["segmenter"] == "threshold 1"
    cells = read_cells(work / "cells.parquet")
    assert cells["image_id"].tolist() == ["a", "a", "c", "c", "c"]
    assert cells["cell_id"].tolist() == [1, 2, 1, 2, 3]
    assert cells["mean_green"].isna().all()
    images = read_images(work / "images.parquet")
    assert images.to_numpy().tolist() == [
        ["a", 30, 40, 2, 0.08],
        ["b", 30, 40, 0, 0.08],
        ["c", 50, 60, 3, 0.08],
    ]
    for image_id, shape in (("a", (30, 40)), ("b", (30, 40)), ("c", (50, 60))):
        for what in ("cells", "nuclei"):
            assert read_label_image(work / f"masks/{image_id}_{what}.png").shape == shape
    assert json.dumps(report.details)


def test_only_new_and_changed_fields_are_done_again(work: Path, segmenter: ThresholdSegmenter) -> None:
    run(work)
    write_field(work / "images", "a", 1)
    write_field(work / "images", "d", 1)
    report = run(work)
    assert segmenter.seen == 5
    assert report.counts == {"fields": 4, "reused": 2, "failed": 0, "cells": 5, "fields without cells": 1}
    assert read_cells(work / "cells.parquet")["image_id"].tolist() == ["a", "c", "c", "c", "d"]


def test_a_channel_that_the_segmenter_does_not_read_changes_nothing(
    work: Path, segmenter: ThresholdSegmenter
) -> None:
    run(work)
    (work / "images/a_green.png").write_bytes(b"")
    run(work)
    assert segmenter.seen == 3


def test_it_is_prepared_for_as_many_fields_as_are_done_at_a_time_and_not_for_none(
    work: Path, segmenter: ThresholdSegmenter
) -> None:
    run(work)
    run(work)
    write_field(work / "images", "d", 1)
    run(work)
    assert segmenter.prepared == [2, 1]


def test_another_setting_does_all_again(work: Path, segmenter: ThresholdSegmenter) -> None:
    run(work)
    run(work, pixel_size_um=0.1)
    assert segmenter.seen == 6


def test_a_lost_mask_is_made_again(work: Path, segmenter: ThresholdSegmenter) -> None:
    run(work)
    (work / "masks/c_nuclei.png").unlink()
    run(work)
    assert segmenter.seen == 4
    assert (work / "masks/c_nuclei.png").is_file()


def test_fields_that_failed_or_are_gone_leave_no_mask_behind(
    work: Path, segmenter: ThresholdSegmenter
) -> None:
    run(work)
    (work / "images/a_blue.png").write_bytes(b"")
    for path in (work / "images").glob("c_*"):
        path.unlink()
    report = run(work)
    assert [failure.where for failure in report.failures] == ["a"]
    assert sorted(path.name for path in (work / "masks").glob("*.png")) == ["b_cells.png", "b_nuclei.png"]
    assert len(read_cells(work / "cells.parquet")) == 0
    assert read_images(work / "images.parquet")["image_id"].tolist() == ["b"]


def test_tables_stay_untouched_where_nothing_was_done(work: Path, segmenter: ThresholdSegmenter) -> None:
    (work / "images/b_blue.png").write_bytes(b"")
    run(work)
    before = (work / "cells.parquet").stat().st_mtime_ns
    assert [failure.where for failure in run(work).failures] == ["b"]
    assert (work / "cells.parquet").stat().st_mtime_ns == before


def test_tables_catch_up_after_an_interrupt(work: Path, segmenter: ThresholdSegmenter, monkeypatch) -> None:
    run(work)
    write_field(work / "images", "a", 1)
    with monkeypatch.context() as patch:
        patch.setattr(segment, "collect", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(work)
    report = run(work)
    assert segmenter.seen == 4
    assert report.counts["cells"] == 4


@pytest.mark.parametrize(
    ("er", "yellow", "expected"),
    [
        ("auto", "abc", True),
        ("auto", "a", True),
        ("auto", "", False),
        ("yes", "", True),
        ("no", "abc", False),
    ],
)
def test_er_is_used_where_a_field_has_it_or_it_is_asked_for(
    work: Path, monkeypatch: pytest.MonkeyPatch, er: str, yellow: str, expected: bool
) -> None:
    for image_id in set("abc") - set(yellow):
        (work / f"images/{image_id}_yellow.png").unlink()
    seen = []

    def load(name: str, options: SegmenterOptions) -> ThresholdSegmenter:
        seen.append(options)
        return ThresholdSegmenter()

    monkeypatch.setattr(segmenter_choice, "create_segmenter", load)
    run(work, er=er, runtime="torch", labelling="exact", pixel_size_um=0.1)
    assert (seen[0].er, seen[0].runtime, seen[0].exact) == (expected, "torch", True)
    assert seen[0].sample is not None
    assert (seen[0].sample.er, seen[0].sample.pixel_size_um) == (expected, 0.1)
    assert {field.image_id for field in seen[0].sample.fields} == set("abc")


def test_fields_without_er_are_segmented(work: Path) -> None:
    for path in (work / "images").glob("*_yellow.png"):
        path.unlink()
    report = run(work, segmenter="classical")
    assert report.counts["failed"] == 0
    assert report.details["channels"] == ["red", "blue"]
    assert report.details["segmenter"].endswith("without ER")


def test_the_choice_of_a_segmenter_is_told(work: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "hpacells")
    report = run(work, segmenter="classical")
    assert "segmenter: classical" in caplog.messages
    assert report.details["chosen because"] == "asked for"
    caplog.clear()
    report = run(work)
    name, reason = choose_segmenter()
    assert f"segmenter: {name} ({reason})" in caplog.messages
    assert report.details["chosen because"] == reason


def test_fields_of_an_interrupted_run_of_other_libraries(
    work: Path,
    segmenter: ThresholdSegmenter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(field_cells, "library_versions", lambda: library_versions() | {"opencv": "4.14.0"})
        run(work)
    before = segmenter.seen
    for number in range(2):
        write_field(work / "images", f"later{number}", 2)
    report = run(work)
    assert segmenter.seen == before + 2
    assert list(report.details[MIXED_FIELDS].values()) == [before]
    [message] = [text for text in caplog.messages if "OpenCV" in text]
    assert f"segment: {before} of {before + 2} fields were segmented before with OpenCV 4.14.0 (" in message
    assert f"remove {work / 'masks'}" in message
    # What the message says mends it.
    shutil.rmtree(work / "masks")
    caplog.clear()
    run(work)
    run(work)
    assert "OpenCV" not in caplog.text


def test_masks_that_no_segmentation_wrote_are_kept(work: Path, segmenter: ThresholdSegmenter) -> None:
    run(work)
    own = np.full((30, 40), 7, np.uint16)
    for name in ("d_cells.png", "e_cells.png", "notes.png"):
        cv2.imwrite(str(work / "masks" / name), own)
    write_field(work / "images", "d", 1)
    run(work)
    assert read_label_image(work / "masks/d_cells.png").max() == 1
    for name in ("edited/d_cells.png", "e_cells.png", "notes.png"):
        assert (read_label_image(work / "masks" / name) == 7).all()
    # Nor is what was kept before.
    for path in (work / "masks").glob("*d_*.png"):
        path.unlink()
    (work / "masks/.fields/d.parquet").unlink()
    cv2.imwrite(str(work / "masks/d_cells.png"), own + 1)
    run(work)
    assert (read_label_image(work / "masks/edited/d_cells.png") == 7).all()
    assert (read_label_image(work / "masks/edited-2/d_cells.png") == 8).all()


def test_half_written_masks_of_a_killed_run_are_replaced(
    work: Path, segmenter: ThresholdSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(field_segmentation, "write_field_cells", kill)
        with pytest.raises(KeyboardInterrupt):
            run(work)
    assert list((work / "masks").glob("*_cells.png"))
    run(work)
    assert not (work / "masks/edited").exists()
    assert not list((work / "masks/.fields").glob("*.begun"))


def test_fields_that_are_gone_are_told(
    work: Path, segmenter: ThresholdSegmenter, caplog: pytest.LogCaptureFixture
) -> None:
    run(work)
    for path in (work / "images").glob("[ab]_*"):
        path.unlink()
    run(work)
    assert "removed the masks of 2 fields that are not among the images any more, such as a" in caplog.text
    assert [path.name for path in (work / "masks").glob("*_cells.png")] == ["c_cells.png"]
