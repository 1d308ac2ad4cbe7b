import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.images_table import write_images
from pipeline.engines.local import LocalEngine
from stages.inspect.paths import InspectInputs, InspectOutputs, RunRecord
from stages.inspect.run import run
from stages.inspect.settings import InspectSettings
from stages.inspect.written import field_files
from stages.stage import StageReport
from tests.factories.report.data import decode_channel, name_classes, read_data, read_fields

ENGINE = LocalEngine(workers=2)


def inspect(inputs: InspectInputs, tmp_path: Path, settings: InspectSettings | None = None) -> StageReport:
    return run(inputs, InspectOutputs(tmp_path / "report"), settings or InspectSettings(), ENGINE)


def test_what_is_said_of_a_field_and_its_cells(inputs: InspectInputs, tmp_path: Path) -> None:
    report = inspect(inputs, tmp_path)
    assert report.counts == {"fields": 3, "cells": 3}
    fields = read_fields(tmp_path / "report")
    assert list(fields) == ["a", "b", "c #1"]
    first, second = fields["a"]["cells"]
    assert (first["n"], first["called"], first["p"][7]) == (1, [7], 0.8)
    assert (second["n"], second["called"], second["p"][14]) == (2, [14], 0.7)
    assert name_classes(tmp_path / "report", [7, 14]) == ["Golgi apparatus", "Mitochondria"]
    assert first["dropped"] == second["dropped"] == ""
    table = read_cells(inputs.cells_path)
    assert first["box"] == table.loc[0, ["y0", "x0", "y1", "x1"]].tolist()
    assert first["area"] == table.loc[0, "area_px"]
    corners = np.array([point.split(",") for point in first["outline"].split()], int)
    np.testing.assert_allclose([corners.min(0), corners.max(0)], [[5, 25], [75, 95]], atol=2)
    assert fields["b"]["cells"] == []
    [dropped] = fields["c #1"]["cells"]
    assert dropped["dropped"] == "too dark"
    assert dropped["called"] is dropped["p"] is None


def test_channels_are_there_in_full_size(inputs: InspectInputs, tmp_path: Path) -> None:
    for kind in ("jpeg", "png"):
        inspect(inputs, tmp_path, InspectSettings.model_validate({"pictures": kind}))
        report = tmp_path / "report"
        for image_id, field in read_fields(report).items():
            for channel in field["channels"]:
                name = channel["name"]
                plane = cv2.imread(str(inputs.images_dir / f"{image_id}_{name}.png"), cv2.IMREAD_UNCHANGED)
                assert (channel["low"], channel["high"]) == (plane.min(), plane.max())
                shown = decode_channel(report, field["page"], name).astype(float)
                assert shown.shape == plane.shape == (120, 160)
                grey = channel["low"] + shown * (channel["high"] - channel["low"]) / 255
                np.testing.assert_allclose(grey, plane, atol=0.5 if kind == "png" else 25)


def test_large_fields_are_shrunk_where_it_is_asked_for(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path, InspectSettings().model_copy(update={"picture_size": 80}))
    assert decode_channel(tmp_path / "report", 1, "green").shape == (60, 80)
    field = read_fields(tmp_path / "report")["a"]
    assert (field["width"], field["height"]) == (160, 120)


def test_labels_of_the_images_beside_what_was_predicted(inputs: InspectInputs, tmp_path: Path) -> None:
    labels = tmp_path / "train.csv"
    labels.write_text("ID,Label\na,7|3\nc #1,Cytosol\nothers,0\n")
    inspect(replace(inputs, labels_path=labels), tmp_path)
    report = tmp_path / "report"
    fields = read_fields(report)
    names = {image_id: name_classes(report, field["given"]) for image_id, field in fields.items()}
    assert names == {"a": ["Nucleoli fibrillar center", "Golgi apparatus"], "b": [], "c #1": ["Cytosol"]}
    assert [cell["verdict"] for cell in fields["a"]["cells"]] == ["partly", "wrong"]
    assert (fields["a"]["differ"], fields["a"]["wrong"]) == (2, 1)
    [dropped] = fields["c #1"]["cells"]
    assert dropped["verdict"] == ""


def test_labels_of_other_images_are_refused(inputs: InspectInputs, tmp_path: Path) -> None:
    labels = tmp_path / "train.csv"
    labels.write_text("ID,Label\nothers,0\n")
    with pytest.raises(InputError, match="none of the 3 images has a label"):
        inspect(replace(inputs, labels_path=labels), tmp_path)
    assert not list(tmp_path.glob(".report*"))


def test_a_sheet_has_a_strip_a_cell(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path)
    assert cv2.imread(str(tmp_path / "report/fields/1_tiles_1.jpg")).shape == (2 * 128, 2 * 128, 3)
    assert read_fields(tmp_path / "report")["a"]["sheets"] == 1


def test_many_cells_are_spread_over_several_sheets(
    inputs: InspectInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspect(inputs, tmp_path)
    whole = cv2.imread(str(tmp_path / "report/fields/1_tiles_1.jpg"))
    monkeypatch.setattr(field_files, "SHEET_TILES", 1)
    inspect(inputs, tmp_path)
    sheets = [cv2.imread(str(tmp_path / f"report/fields/1_tiles_{number}.jpg")) for number in (1, 2)]
    np.testing.assert_allclose(np.vstack(sheets).astype(int), whole, atol=8)
    field = read_fields(tmp_path / "report")["a"]
    assert (field["sheets"], field["sheetTiles"]) == (2, 1)


def test_the_sheets_fit_what_browsers_show() -> None:
    assert field_files.SHEET_TILES * max(field_files.TILE, field_files.ATTENTION_TILE) <= 32767


def test_scores_are_shown_where_there_are_any(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path)
    index = (tmp_path / "report/index.html").read_text()
    assert "No truth was given" in index
    assert "1 left out: too dark" in index
    rows = [{"label": 7, "name": "Golgi apparatus", "ap": 0.5, "truth": 3, "detections": 9}]
    rows.append({"label": 8, "name": "Intermediate filaments", "ap": None, "truth": 0, "detections": 2})
    scores = {"map": 0.5, "iou": 0.6, "absent": "fp", "classes": rows}
    inspect(replace(inputs, scores=scores), tmp_path)
    index = (tmp_path / "report/index.html").read_text()
    assert "Score: mAP 0.5000" in index
    assert "Intermediate filaments" in index


def test_many_fields_are_sampled(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path, InspectSettings(max_fields=2))
    assert "2 of 3 fields are shown" in (tmp_path / "report/index.html").read_text()
    assert set(read_fields(tmp_path / "report")) == {"a", "c #1"}


def test_a_field_that_cannot_be_shown_is_told(inputs: InspectInputs, tmp_path: Path) -> None:
    (inputs.images_dir / "b_red.png").write_bytes(b"")
    report = inspect(inputs, tmp_path)
    assert [failure.where for failure in report.failures] == ["b"]
    assert "b could not be shown" in (tmp_path / "report/index.html").read_text()
    assert set(read_fields(tmp_path / "report")) == {"a", "c #1"}
    [failure] = read_data(tmp_path / "report", "data/run")["failures"]
    assert failure["where"] == "b"


def test_an_earlier_report_is_replaced(inputs: InspectInputs, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/old.html").touch()
    inspect(inputs, tmp_path)
    assert not (tmp_path / "report/old.html").exists()
    assert not list(tmp_path.glob(".report*"))


def test_patterns_and_the_classifier_that_found_them(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(replace(inputs, classifier="mine", limits="it saw little"), tmp_path)
    index = (tmp_path / "report/index.html").read_text()
    assert "Predicted by mine. <b>Note:</b> it saw little." in index
    rows = re.findall(
        r"<tr><td>([^<]+)</td><td class=\"number\">(\d+)</td>.*<td class=\"number\">(\d+)</td></tr>", index
    )
    assert rows == [("Golgi apparatus", "1", "1"), ("Mitochondria", "1", "1")]


def test_an_unnamed_classifier_is_not_mentioned(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path)
    assert "Predicted by" not in (tmp_path / "report/index.html").read_text()


def test_names_of_fields_are_no_names_of_files(inputs: InspectInputs, tmp_path: Path) -> None:
    """So that none is another's picture, and none needs quoting."""
    inspect(inputs, tmp_path)
    report = tmp_path / "report"
    names = {path.name for path in (report / "fields").iterdir()}
    endings = [".js", "_small.jpg", *(f"_{channel}.js" for channel in CHANNELS)]
    assert names == {f"{page}{ending}" for page in (1, 2, 3) for ending in endings} | {
        "1_tiles_1.jpg",
        "3_tiles_1.jpg",
    }


def test_the_page_has_its_scripts_beside_it(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path)
    index = (tmp_path / "report/index.html").read_text()
    links = re.findall(r'(?:src|href)="([^"#]+)"', index)
    assert len(links) > 10
    for link in links:
        assert link.startswith("data:") or (tmp_path / "report" / link).is_file()


def test_what_cells_are_chosen_by(inputs: InspectInputs, tmp_path: Path) -> None:
    labels = tmp_path / "train.csv"
    labels.write_text("ID,Label\na,7\n")
    inspect(replace(inputs, labels_path=labels), tmp_path)
    part = read_data(tmp_path / "report", "data/cells_1")
    assert (part["f"], part["n"]) == ([1, 1, 3], [1, 2, 1])
    called = [None if number < 0 else part["sets"][number] for number in part["c"]]
    assert called == [[7], [14], None]
    assert [part["sets"][number] for number in part["g"]] == [[7], [7], []]
    assert (part["t"], part["p"]) == ([7, 14, -1], [0.8, 0.7, None])
    assert (part["v"], [part["reasons"][number] for number in part["d"]]) == ([1, 3, 0], ["", "", "too dark"])


def test_the_size_of_pixels_where_it_is_known(inputs: InspectInputs, tmp_path: Path) -> None:
    images = pd.read_parquet(tmp_path / "images.parquet")
    write_images(tmp_path / "images.parquet", images.assign(pixel_size_um=[0.1, np.nan, 0.2]))
    inspect(inputs, tmp_path)
    assert [field["um"] for field in read_fields(tmp_path / "report").values()] == [0.1, None, 0.2]


def test_cells_in_the_order_in_which_a_label_helps(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(replace(inputs, queue="Mitochondria"), tmp_path)
    queue = read_data(tmp_path / "report", "data/queue")
    assert queue["cells"] == [[1, 2, 14, pytest.approx(0.69)], [1, 1, 14, pytest.approx(0.79)]]
    assert read_data(tmp_path / "report", "data/report")["queue"] is True
    with pytest.raises(InputError, match=r"--queue: no class 'Mitochondrion'; expected rare, or a class"):
        inspect(replace(inputs, queue="Mitochondrion"), tmp_path)
    inspect(inputs, tmp_path)
    assert not (tmp_path / "report/data/queue.js").exists()


def test_how_the_results_came_about(inputs: InspectInputs, tmp_path: Path) -> None:
    picture = tmp_path / "rate.png"
    picture.write_bytes(b"a picture")
    record = RunRecord([{"stage": "segment", "seconds": 2.5}], [("mine", "abc")], (0.5,) * 19, picture)
    inspect(replace(inputs, record=record, classifier="mine"), tmp_path)
    told = read_data(tmp_path / "report", "data/run")
    assert told["stages"] == [{"stage": "segment", "seconds": 2.5}]
    assert told["weights"] == [["mine", "abc"]]
    assert told["pictures"] == ["find_rate.png"]
    assert (tmp_path / "report/find_rate.png").read_bytes() == b"a picture"
    assert read_data(tmp_path / "report", "data/report")["thresholds"] == [0.5] * 19


def test_curves_are_shown_where_there_are_any(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path)
    assert read_data(tmp_path / "report", "data/run")["pictures"] == []
    curves = tmp_path / "of the model.png"
    curves.write_bytes(b"a picture")
    inspect(replace(inputs, curves_path=curves), tmp_path)
    assert read_data(tmp_path / "report", "data/run")["pictures"] == ["curves.png"]
    assert (tmp_path / "report/curves.png").read_bytes() == b"a picture"
