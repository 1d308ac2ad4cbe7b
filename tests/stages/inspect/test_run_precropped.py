"""The report on pre-cropped cells."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet
from data.predictions.predictions_table import write_predictions
from data.tiles.cell_tiles import TILE_SIZE
from data.tiles.tile_store import TileStore
from pipeline.engines.local import LocalEngine
from stages.inspect.paths import InspectOutputs, PrecroppedInspectInputs
from stages.inspect.run_precropped import run
from stages.inspect.settings import InspectSettings
from stages.stage import StageReport
from tests.factories.cells_table import make_cells_table
from tests.factories.report.data import decode_channel, name_classes, read_data, read_fields
from tests.factories.tile_store import write_tile_store

ENGINE = LocalEngine(workers=2)
NAMES = ["m_0", "m_1", "a b#1", "Zelle <ü>", "p%20q"]
CLASSES = ["Dim", "Bright & <b>", "Dark"]


@pytest.fixture
def inputs(tmp_path: Path) -> PrecroppedInspectInputs:
    """Five cells, of which two are a mosaic's; the last is dropped, the others are predicted."""
    table = make_cells_table(NAMES, group=["m", "m", *NAMES[2:]], dropped=["", "", "", "", "too dark"])
    write_cells(tmp_path / "cells.parquet", table)
    tiles = np.zeros((len(NAMES), 4, TILE_SIZE, TILE_SIZE), np.uint8)
    # In the mosaic the second cell's protein is half as bright; of the others each is alone.
    for row, level in enumerate((200, 100, 80, 160, 0)):
        tiles[row, 1, 64:192, 64:192] = level
    write_tile_store(tmp_path / "tiles.zarr", tiles)
    probabilities = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.1, 0.6, 0.3], [0.4, 0.3, 0.3]], np.float32)
    called = ["0", "1", "1|2", ""]
    predictions = tmp_path / "predictions.parquet"
    write_predictions(predictions, NAMES[:4], np.ones(4, int), probabilities, None, CLASSES, called)
    (tmp_path / "labels.csv").write_text("ID,Label\nm_0,Dim\nm_1,Dark\na b#1,Dark\n")
    return PrecroppedInspectInputs(
        cells_path=tmp_path / "cells.parquet",
        tiles_path=tmp_path / "tiles.zarr",
        predictions_path=predictions,
        labels_path=tmp_path / "labels.csv",
    )


def inspect(
    inputs: PrecroppedInspectInputs, report_dir: Path, settings: InspectSettings | None = None
) -> StageReport:
    return run(inputs, InspectOutputs(report_dir), settings or InspectSettings(), ENGINE)


def read(report: Path) -> str:
    return (report / "index.html").read_text(encoding="utf-8")


class BrokenShardError(Exception):
    def __str__(self) -> str:
        return "broken shard"


def test_a_group_is_a_mosaic(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    report = tmp_path / "report"
    done = inspect(inputs, report)
    assert done.counts == {"cells": 5, "pages": 2, "labelled": 3}
    groups = read_fields(report)
    assert list(groups) == ["m", "a b#1 to p%20q"]
    mosaic, alone = groups.values()
    assert (mosaic["together"], alone["together"]) == (True, False)
    first, second = mosaic["cells"]
    assert (first["image"], first["p"], first["verdict"]) == ("m_0", [0.9, 0.1, 0], "right")
    assert name_classes(report, first["called"]) == name_classes(report, first["given"]) == ["Dim"]
    assert name_classes(report, second["called"]) == ["Bright & <b>"]
    assert name_classes(report, second["given"]) == ["Dark"]
    assert second["verdict"] == "wrong"
    third, fourth, fifth = alone["cells"]
    assert third["image"] == "a b#1"
    assert name_classes(report, third["called"]) == ["Bright & <b>", "Dark"]
    assert third["verdict"] == "partly"
    assert (fourth["image"], fourth["called"], fourth["given"]) == ("Zelle <ü>", [], [])
    assert (fifth["dropped"], fifth["called"], fifth["p"]) == ("too dark", None, None)
    assert [cell["n"] for cell in alone["cells"]] == [1, 2, 3]


def test_the_tiles_of_a_mosaic_are_in_their_places(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    report = tmp_path / "report"
    inspect(inputs, report, InspectSettings.model_validate({"pictures": "png"}))
    mosaic, alone = read_fields(report).values()
    assert [cell["box"] for cell in mosaic["cells"]] == [[0, 0, 256, 256], [0, 256, 256, 512]]
    green = decode_channel(report, 1, "green")
    assert green.shape == (256, 512)
    assert [green[128, 128], green[128, 384], green[10, 10]] == pytest.approx([255, 127.5, 0], abs=1)
    assert (alone["width"], alone["height"]) == (512, 512)
    # Each cell that is alone is as bright as its own contrast makes it.
    green = decode_channel(report, 2, "green")
    assert [green[128, 128], green[128, 384], green[384, 128]] == [255, 255, 0]


def test_pictures_of_a_group_share_their_contrast(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path / "report")
    sheets = [cv2.imread(str(tmp_path / f"report/fields/{page}_tiles_1.jpg")) for page in (1, 2)]
    assert [sheet.shape for sheet in sheets] == [(256, 256, 3), (384, 256, 3)]
    sheet = np.concatenate(sheets)
    middles = [int(sheet[128 * number + 64, 192, 0]) for number in range(5)]
    assert middles == pytest.approx([255, 128, 255, 255, 0], abs=3)
    # The composite shows the protein in green (the file's order is blue, green, red).
    assert sheet[64, 64].tolist() == pytest.approx([0, 255, 0], abs=6)


def test_counts(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    report = tmp_path / "report"
    inspect(inputs, report, InspectSettings(cells_per_page=1))
    index = read(report)
    assert "5 pre-cropped cells, 4 kept; 1 left out: too dark" in index
    assert "1 predictions are right, 1 have some of the labels, 1 are wrong" in index
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in index.split("<tr>")[2:]]
    assert {cells[0]: cells[1:] for cells in rows} == {
        "Dim": ["1", "1", "0", "0", "1"],
        "Bright &amp; &lt;b&gt;": ["2", "0", "1", "1", "0"],
        "Dark": ["1", "0", "1", "0", "2"],
    }
    assert len(read_fields(report)) == 5


def test_the_most_telling_cells_of_each_class(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path / "report")
    told = read_data(tmp_path / "report", "data/classes")
    dim, bright, dark = told["classes"]
    assert dim["confident"] == [[1, 1, 0.9]]
    assert bright["confident"] == bright["mistakes"] == [[1, 2, 0.8], [2, 1, 0.6]]
    assert dark["mistakes"] == []
    assert (dim["ap"], dark["ap"]) == (1, pytest.approx(0.8333, abs=1e-3))
    assert told["confusion"] == [[1, 0, 0], [0, 0, 0], [0, 2, 0]]
    assert told["singles"] == 3


def test_cells_without_a_class_or_left_out_are_listed(
    inputs: PrecroppedInspectInputs, tmp_path: Path
) -> None:
    inspect(inputs, tmp_path / "report")
    part = read_data(tmp_path / "report", "data/cells_1")
    assert part["i"] == NAMES
    called = [None if number < 0 else part["sets"][number] for number in part["c"]]
    assert called == [[0], [1], [1, 2], [], None]
    assert part["q"] == [0, 0, [0.6, 0.3], [], 0]
    assert [part["reasons"][number] for number in part["d"]] == ["", "", "", "", "too dark"]


def test_nothing_predicted_and_no_labels(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    inspect(replace(inputs, predictions_path=None, labels_path=None), tmp_path / "report")
    index = read(tmp_path / "report")
    assert "No cell was predicted" in index
    assert "No labels are known" in index
    cells = [cell for group in read_fields(tmp_path / "report").values() for cell in group["cells"]]
    assert len(cells) == 5
    assert all(cell["called"] is cell["p"] is None for cell in cells)


def test_labels_of_another_set_compare_by_name(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("ID,Label\nm_0,0\nm_1,1\n")
    others = LabelSet(names=("Gone", "Bright & <b>"))
    report = tmp_path / "report"
    inspect(replace(inputs, label_set=others), report)
    assert [cell["verdict"] for cell in read_fields(report)["m"]["cells"]] == ["wrong", "right"]
    assert "<td>Gone</td>" in read(report)
    inspect(replace(inputs, predictions_path=None, label_set=HPA2021), report)
    [first, _] = read_fields(report)["m"]["cells"]
    assert name_classes(report, first["given"]) == ["Nucleoplasm"]


def test_no_cell_is_kept(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    table = pd.read_parquet(inputs.cells_path)
    write_cells(inputs.cells_path, table.assign(dropped="unreadable"))
    assert inputs.predictions_path is not None
    write_predictions(inputs.predictions_path, [], np.zeros(0, int), np.zeros((0, 3)), None, CLASSES, [])
    inspect(inputs, tmp_path / "report")
    index = read(tmp_path / "report")
    assert "0 kept; 5 left out: unreadable" in index
    assert "No cell was predicted, because none was kept" in index


def test_a_group_that_cannot_be_shown_is_told(
    inputs: PrecroppedInspectInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TileStore.cell_masks

    def refuse(store: TileStore, rows: np.ndarray) -> np.ndarray:
        if len(rows) == 2:
            raise BrokenShardError
        return real(store, rows)

    monkeypatch.setattr(TileStore, "cell_masks", refuse)
    report = tmp_path / "report"
    done = inspect(inputs, report)
    assert [(failure.where, failure.why) for failure in done.failures] == [("m", "broken shard")]
    assert "m could not be shown: broken shard" in read(report)
    assert list(read_fields(report)) == ["a b#1 to p%20q"]
    assert read_data(report, "data/classes")["classes"][0]["confident"] == []


def test_a_report_that_fails_leaves_the_earlier_one(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/old.html").touch()
    (tmp_path / "labels.csv").write_text("ID,Label\nothers,Dim\n")
    with pytest.raises(InputError, match="none of the 5 images has a label"):
        inspect(inputs, tmp_path / "report")
    shutil.rmtree(inputs.tiles_path)
    with pytest.raises(InputError, match="not a tile store"):
        inspect(inputs, tmp_path / "report")
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["old.html"]
