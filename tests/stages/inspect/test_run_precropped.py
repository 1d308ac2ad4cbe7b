"""The report on pre-cropped cells."""

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
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
from pipeline.engines.local import LocalEngine
from stages.inspect.paths import InspectOutputs, PrecroppedInspectInputs
from stages.inspect.run_precropped import run
from stages.inspect.settings import InspectSettings
from stages.stage import StageReport
from tests.factories.cells_table import make_cells_table
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


def card(page: str, row: int) -> str:
    return re.split(r'<div class="card ', page.split("</div>\n</body>")[0])[1:][row]


def read(report: Path, page: str) -> str:
    return (report / page).read_text(encoding="utf-8")


class BrokenShardError(Exception):
    def __str__(self) -> str:
        return "broken shard"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attributes if name in ("href", "src") and value]


def check_links(report: Path) -> None:
    for page in report.rglob("*.html"):
        parser = _Links()
        parser.feed(page.read_text(encoding="utf-8"))
        for link in parser.links:
            file, _, anchor = link.partition("#")
            assert (page.parent / file).is_file(), f"{page} -> {link}"
            assert not anchor or f'id="{anchor}"' in (page.parent / file).read_text(encoding="utf-8")


def test_a_page_a_group(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    report = tmp_path / "report"
    done = inspect(inputs, report)
    assert done.counts == {"cells": 5, "pages": 2, "labelled": 3}
    assert {path.name for path in (report / "cells").glob("*.html")} == {"1.html", "2.html"}
    mosaic, alone = read(report, "cells/1.html"), read(report, "cells/2.html")
    first, second = card(mosaic, 0), card(mosaic, 1)
    assert "m_0" in first
    assert "0.90 Dim" in first
    assert "predicted <b>Dim</b>" in first
    assert "label <b>Dim</b>" in first
    assert "✓ right" in first
    assert "predicted <b>Bright &amp; &lt;b&gt;</b>" in second
    assert "label <b>Dark</b>" in second
    assert "✗ wrong" in second
    third, fourth, fifth = (card(alone, row) for row in range(3))
    assert "a b#1" in third
    assert "predicted <b>Bright &amp; &lt;b&gt;</b>, <b>Dark</b>" in third
    assert "≈ partly right" in third
    assert "Zelle &lt;ü&gt;" in fourth
    assert "predicted <b>no class</b>" in fourth
    assert "label <b>" not in fourth
    assert "left out: too dark" in fifth
    assert "no prediction" in fifth
    check_links(report)


def test_pictures_of_a_group_share_their_contrast(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path / "report")
    pictures = [cv2.imread(str(tmp_path / f"report/tiles/0/{row}.jpg")) for row in range(5)]
    assert {picture.shape for picture in pictures} == {(192, 384, 3)}
    middles = [int(picture[96, 288, 0]) for picture in pictures]
    assert middles == pytest.approx([255, 128, 255, 255, 0], abs=3)
    # The composite shows the protein in green (the file's order is blue, green, red).
    assert pictures[0][96, 96].tolist() == pytest.approx([0, 255, 0], abs=6)


def test_counts_and_views(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    report = tmp_path / "report"
    inspect(inputs, report, InspectSettings(cells_a_page=1))
    index = read(report, "index.html")
    assert "5 pre-cropped cells, 4 kept; 1 left out: too dark" in index
    assert "1 predictions are right, 1 have some of the labels, 1 are wrong" in index
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in index.split("<tr>")[2:]]
    numbers = {re.sub("<.*?>", "", cells[0]): [cells[1], *cells[3:]] for cells in rows}
    assert numbers == {
        "Dim": ["1", "1", "0", "0", "1"],
        "Bright &amp; &lt;b&gt;": ["2", "0", "1", "1", "0"],
        "Dark": ["1", "0", "1", "0", "2"],
    }
    names = {path.name for path in (report / "views").iterdir()}
    views = ("class-0-1", "class-1-1", "class-1-2", "class-2-1", "differ-1", "differ-2", "no-class-1")
    assert names == {f"{view}.html" for view in (*views, "left-out-1")}
    assert "m_1" in read(report, "views/class-1-1.html"), "the most confident first"
    assert "a b#1" in read(report, "views/class-1-2.html")
    assert "m_1" in read(report, "views/differ-1.html")
    assert "Zelle" in read(report, "views/no-class-1.html")
    assert "p%20q" in read(report, "views/left-out-1.html")
    check_links(report)


def test_many_thumbnails_get_pages(
    inputs: PrecroppedInspectInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.inspect.cells.index._THUMBNAILS", 2)
    inspect(inputs, tmp_path / "report", InspectSettings(cells_a_page=1))
    pages = [read(tmp_path / "report", name) for name in ("index.html", "index-2.html", "index-3.html")]
    shown = [re.findall(r'href="cells/(\d+)\.html"', page) for page in pages]
    assert shown == [["1", "2"], ["3", "4"], ["5"]]
    check_links(tmp_path / "report")


def test_nothing_predicted_and_no_labels(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    inspect(replace(inputs, predictions_path=None, labels_path=None), tmp_path / "report")
    index = read(tmp_path / "report", "index.html")
    assert "No cell was predicted" in index
    assert "No labels are known" in index
    assert read(tmp_path / "report", "cells/1.html").count("no prediction") == 2
    check_links(tmp_path / "report")


def test_labels_of_another_set_compare_by_name(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("ID,Label\nm_0,0\nm_1,1\n")
    others = LabelSet(names=("Gone", "Bright & <b>"))
    inspect(replace(inputs, label_set=others), tmp_path / "report")
    page = read(tmp_path / "report", "cells/1.html")
    assert "✗ wrong" in card(page, 0)
    assert "✓ right" in card(page, 1)
    assert "<td>Gone</td>" in read(tmp_path / "report", "index.html")
    only_labels = replace(inputs, predictions_path=None, label_set=HPA2021)
    inspect(only_labels, tmp_path / "report")
    assert "label <b>Nucleoplasm</b>" in card(read(tmp_path / "report", "cells/1.html"), 0)


def test_no_cell_is_kept(inputs: PrecroppedInspectInputs, tmp_path: Path) -> None:
    table = pd.read_parquet(inputs.cells_path)
    write_cells(inputs.cells_path, table.assign(dropped="unreadable"))
    assert inputs.predictions_path is not None
    write_predictions(inputs.predictions_path, [], np.zeros(0, int), np.zeros((0, 3)), None, CLASSES, [])
    inspect(inputs, tmp_path / "report")
    index = read(tmp_path / "report", "index.html")
    assert "0 kept; 5 left out: unreadable" in index
    assert "No cell was predicted, because none was kept" in index
    check_links(tmp_path / "report")


def test_a_page_that_cannot_be_shown_is_told(
    inputs: PrecroppedInspectInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(picture: list[np.ndarray], side: int) -> np.ndarray:
        if len(picture) == 2:
            raise BrokenShardError
        return picture[0]

    monkeypatch.setattr("stages.inspect.cells.pages.draw_sheet", refuse)
    report = tmp_path / "report"
    done = inspect(inputs, report)
    assert [(failure.where, failure.why) for failure in done.failures] == [("m", "broken shard")]
    assert "m could not be shown: broken shard" in read(report, "index.html")
    assert read(report, "cells/1.html").count("no picture") == 2
    assert "no picture" in read(report, "views/class-0-1.html")
    assert "no picture" not in read(report, "cells/2.html")
    check_links(report)


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
