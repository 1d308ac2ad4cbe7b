from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.fields.image_folder import find_fields
from data.masks.label_image import write_label_image
from pipeline.engines.local import LocalEngine
from stages.segment.settings import SegmentSettings
from stages.segmenter.cell_sources import KnownCells, SegmentedCells, open_cell_source
from stages.segmenter.compare import format_comparison, run
from stages.segmenter.compare_settings import CompareSettings
from stages.segmenter.paths import CompareInputs, CompareOutputs

ENGINE = LocalEngine(workers=2)
SETTINGS = CompareSettings(picture_size=200)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three dark fields of 60 x 80 px."""
    for name in ("f1", "f2", "f3"):
        for channel in ("red", "green", "blue", "yellow"):
            write_plane(tmp_path / "images" / f"{name}_{channel}.png", np.zeros((60, 80), np.uint8))
    return tmp_path / "images"


def write_plane(path: Path, plane: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), plane)


def write_cells(folder: Path, **fields: list[tuple[slice, slice]]) -> KnownCells:
    for name, windows in fields.items():
        labels = np.zeros((60, 80), np.uint16)
        for number, window in enumerate(windows, start=1):
            labels[window] = number
        write_label_image(folder / f"{name}_cells.png", labels)
    return KnownCells(folder)


WHOLE, LEFT, RIGHT = np.s_[10:50, 10:70], np.s_[10:50, 10:40], np.s_[10:50, 40:70]


def test_tables_summary_and_picture(tmp_path: Path, images: Path) -> None:
    a = write_cells(tmp_path / "a", f1=[LEFT, RIGHT], f2=[WHOLE], f3=[])
    b = write_cells(tmp_path / "b", f1=[LEFT, RIGHT], f2=[LEFT, RIGHT], f3=[WHOLE])
    report = run(CompareInputs(a, b, find_fields(images)), CompareOutputs(tmp_path / "out"), SETTINGS, ENGINE)
    assert not report.failures
    cells = pd.read_csv(tmp_path / "out/cells.csv")
    assert cells.columns.tolist() == ["image_id", "cell_a", "cell_b", "iou", "verdict"]
    assert list(cells.itertuples(index=False, name=None)) == [
        ("f1", 1, 1, 1.0, "matched"),
        ("f1", 2, 2, 1.0, "matched"),
        ("f2", 1, 1, 0.5, "split"),
        ("f3", 0, 1, 0.0, "extra"),
    ]
    details = report.details
    assert details["pooled"] == {
        "f1": 0.5,
        "mean_iou": 1.0,
        "cells_a": 3,
        "cells_b": 5,
        "matched": 2,
        "split": 1,
        "merged": 0,
        "missed": 0,
        "extra": 1,
    }
    assert [(row["image_id"], row["f1"], row["mean_iou"]) for row in details["fields"]] == [
        ("f1", 1.0, 1.0),
        ("f2", 0.0, None),
        ("f3", 0.0, None),
    ]
    assert pd.read_json(tmp_path / "out/summary.json", typ="series")["pooled"] == details["pooled"]
    assert cv2.imread(str(tmp_path / "out/worst.png")).shape == (400, 400, 3)


def test_the_other_way_round_splits_are_merges(tmp_path: Path, images: Path) -> None:
    a = write_cells(tmp_path / "a", f1=[WHOLE], f2=[WHOLE], f3=[LEFT])
    b = write_cells(tmp_path / "b", f1=[LEFT, RIGHT], f2=[WHOLE], f3=[])
    fields, outputs = find_fields(images), CompareOutputs(tmp_path / "out")
    pooled = [
        run(CompareInputs(*pair, fields), outputs, SETTINGS, ENGINE).details["pooled"]
        for pair in ((a, b), (b, a))
    ]
    assert pooled[0]["f1"] == pooled[1]["f1"] == round(2 / 6, 4)
    assert (pooled[0]["split"], pooled[0]["merged"], pooled[0]["missed"]) == (1, 0, 1)
    assert (pooled[1]["split"], pooled[1]["merged"], pooled[1]["extra"]) == (0, 2, 1)


def test_the_worst_fields_come_first_and_no_more_than_asked_for(tmp_path: Path, images: Path) -> None:
    half_bright = np.repeat(np.array([[0], [250]], np.uint8), 30, axis=0).repeat(80, axis=1)
    write_plane(images / "f2_blue.png", half_bright)
    a = write_cells(tmp_path / "a", f1=[LEFT], f2=[LEFT], f3=[])
    b = write_cells(tmp_path / "b", f1=[LEFT], f2=[RIGHT], f3=[])
    settings = CompareSettings(picture_size=200, pictures=1)
    run(CompareInputs(a, b, find_fields(images)), CompareOutputs(tmp_path / "out"), settings, ENGINE)
    picture = cv2.imread(str(tmp_path / "out/worst.png"))
    assert picture.shape == (200, 200, 3)
    assert picture[..., 0].mean() > 12  # that of f2, not of a dark field


def test_a_bad_field_does_not_stop_the_others(tmp_path: Path, images: Path) -> None:
    a = write_cells(tmp_path / "a", f1=[LEFT], f2=[LEFT])
    b = write_cells(tmp_path / "b", f1=[LEFT], f2=[LEFT], f3=[LEFT])
    write_label_image(tmp_path / "b/f2_cells.png", np.ones((30, 40), np.uint16))
    report = run(CompareInputs(a, b, find_fields(images)), CompareOutputs(tmp_path / "out"), SETTINGS, ENGINE)
    assert [failure.where for failure in report.failures] == ["f2", "f3"]
    assert "one size" in report.failures[0].why
    assert "f3_cells.png" in report.failures[1].why
    assert report.details["pooled"]["f1"] == 1
    for folder in ("a", "b"):
        write_label_image(tmp_path / folder / "f2_cells.png", np.ones((30, 40), np.uint16))
    report = run(CompareInputs(a, b, find_fields(images)), CompareOutputs(tmp_path / "out"), SETTINGS, ENGINE)
    assert "80 x 60 px" in report.failures[0].why


def test_no_field_at_all_is_an_error(tmp_path: Path, images: Path) -> None:
    a = write_cells(tmp_path / "a", other=[LEFT])
    with pytest.raises(InputError, match="f1_cells.png"):
        run(CompareInputs(a, a, find_fields(images)), CompareOutputs(tmp_path / "out"), SETTINGS, ENGINE)
    assert not (tmp_path / "out").exists()


def test_the_table_has_a_line_a_field_and_one_for_all(tmp_path: Path, images: Path) -> None:
    a = write_cells(tmp_path / "a", f1=[LEFT], f2=[], f3=[WHOLE])
    report = run(CompareInputs(a, a, find_fields(images)), CompareOutputs(tmp_path / "out"), SETTINGS, ENGINE)
    told, scores = format_comparison(report.details).split("\n\n")
    lines = told.splitlines()
    assert [line.split()[0] for line in lines] == ["A:", "field", "f1", "f2", "f3", "all"]
    assert lines[3].split() == ["f2", "-", "-", *["0"] * 7]
    assert lines[5].split() == ["all", "fields", "1.000", "1.000", *"222", *"0000"]
    assert len({len(line) for line in lines[1:]}) == 1
    assert [line.split() for line in scores.splitlines()[1:3]] == [
        ["f1", *["1.000"] * 10],
        ["accuracy", *["1.000"] * 10],
    ]
    assert "mean segmentation accuracy 1.000 (mean of the fields 1.000)" in scores
    assert scores.splitlines()[-1].startswith("AJI 1.000   boundary F1 at 2 um 1.000   area of B over A")


def test_figures_of_the_papers(tmp_path: Path, images: Path) -> None:
    """Outlines 4 px too tight: 0.4 um at the pixel size that is set."""
    tight = np.s_[14:46, 14:66]
    a, b = write_cells(tmp_path / "a", f1=[WHOLE]), write_cells(tmp_path / "b", f1=[tight])
    inputs = CompareInputs(a, b, [field for field in find_fields(images) if field.image_id == "f1"])
    details = {}
    for boundary_um in (0.39, 0.41):
        settings = CompareSettings(picture_size=200, boundary_um=boundary_um, pixel_size_um=0.1)
        report = run(inputs, CompareOutputs(tmp_path / "out"), settings, ENGINE)
        details[boundary_um] = report.details["scores"]
    iou = 32 * 52 / (40 * 60)
    pooled = details[0.41]["pooled"]
    assert pooled == details[0.41]["fields"]["f1"]
    assert pooled["aji"] == pooled["area_ratio"] == round(iou, 4)
    assert pooled["f1"] == {f"{each / 100:.2f}": float(each / 100 <= iou) for each in range(50, 100, 5)}
    assert pooled["mean_accuracy"] == 0.4
    assert details[0.39]["pooled"]["boundary_f1"] == 0
    assert pooled["boundary_f1"] > 0.9


def test_a_source_is_a_segmenter_or_a_folder_of_label_images(tmp_path: Path, images: Path) -> None:
    fields = find_fields(images)
    known = write_cells(tmp_path / "a", f1=[LEFT])
    opened = open_cell_source(str(tmp_path / "a"), fields, SegmentSettings())
    assert isinstance(opened, KnownCells)
    assert opened.identity() == known.identity()
    assert opened.find_cells(fields[0]).max() == 1
    before = known.identity()
    write_cells(tmp_path / "a", f2=[LEFT, RIGHT])
    assert known.identity() != before
    classical = open_cell_source("classical", fields, SegmentSettings())
    assert isinstance(classical, SegmentedCells)
    assert classical.find_cells(fields[0]).max() == 0
    for name, message in (("nosuch", "neither a segmenter nor a folder"), (str(images), "no label image")):
        with pytest.raises(InputError, match=message):
            open_cell_source(name, fields, SegmentSettings())
