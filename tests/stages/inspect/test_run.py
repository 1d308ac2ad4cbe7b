import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import measure_cells, read_cells, write_cells
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.fields.images_table import write_images
from data.masks.label_image import write_label_image
from data.predictions.predictions_table import write_predictions
from pipeline.engines.local import LocalEngine
from stages.crops.paths import CropsInputs, CropsOutputs
from stages.crops.run import run as crop
from stages.crops.settings import CropsSettings
from stages.inspect import field_pages
from stages.inspect.paths import InspectInputs, InspectOutputs
from stages.inspect.run import run
from stages.inspect.settings import InspectSettings
from stages.stage import StageReport

ENGINE = LocalEngine(workers=2)


@pytest.fixture
def inputs(tmp_path: Path) -> InspectInputs:
    """Three fields: two cells with predictions, none, one dropped; the third name needs quoting."""
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    tables = []
    for image_id, cells in (("a", 2), ("b", 0), ("c #1", 1)):
        labels = np.zeros((120, 160), np.uint16)
        for number in range(cells):
            cv2.circle(labels, (40 + 80 * number, 60), 35, number + 1, -1)
        for channel in CHANNELS:
            plane = rng.integers(20, 200, labels.shape, dtype=np.uint8)
            cv2.imwrite(str(tmp_path / f"images/{image_id}_{channel}.png"), plane)
        for what in ("cells", "nuclei"):
            write_label_image(tmp_path / f"masks/{image_id}_{what}.png", labels)
        tables.append(measure_cells(image_id, labels, labels))
    table = pd.concat(tables, ignore_index=True)
    write_cells(tmp_path / "cells.parquet", table)
    images = [("a", 120, 160, 2), ("b", 120, 160, 0), ("c #1", 120, 160, 1)]
    columns = ["image_id", "image_height", "image_width", "cells"]
    write_images(tmp_path / "images.parquet", pd.DataFrame(images, columns=columns))
    fields = find_fields(tmp_path / "images")
    cells_path, tiles_path = tmp_path / "cells.parquet", tmp_path / "tiles.zarr"
    cropped = CropsInputs(fields, tmp_path / "images", tmp_path / "masks", cells_path, "key")
    crop(cropped, CropsOutputs(cells_path, tiles_path), CropsSettings(min_area_um2=0), ENGINE)
    table = read_cells(tmp_path / "cells.parquet")
    table.loc[2, "dropped"] = "too dark"
    write_cells(tmp_path / "cells.parquet", table)
    probabilities = np.full((2, 19), 0.01, np.float32)
    probabilities[0, 7], probabilities[1, 14] = 0.8, 0.7
    write_predictions(tmp_path / "predictions.parquet", ["a", "a"], np.array([1, 2]), probabilities)
    return InspectInputs(
        fields=fields,
        images_dir=tmp_path / "images",
        masks_dir=tmp_path / "masks",
        images_table_path=tmp_path / "images.parquet",
        cells_path=cells_path,
        tiles_path=tiles_path,
        predictions_path=tmp_path / "predictions.parquet",
    )


def inspect(inputs: InspectInputs, tmp_path: Path, settings: InspectSettings | None = None) -> StageReport:
    return run(inputs, InspectOutputs(tmp_path / "report"), settings or InspectSettings(), ENGINE)


def test_a_page_a_field(inputs: InspectInputs, tmp_path: Path) -> None:
    report = inspect(inputs, tmp_path)
    assert report.counts == {"fields": 3, "cells": 3}
    page = (tmp_path / "report/fields/a.html").read_text()
    first, second = page.split('id="cell-2"')
    assert "0.80 Golgi apparatus" in first.split('id="cell-1"')[1]
    assert "0.70 Mitochondria" in second
    assert "left out:" not in page
    dropped = (tmp_path / "report/fields/c #1.html").read_text()
    assert "left out: too dark" in dropped
    assert "no prediction" in dropped
    assert 'class="dropped"' in dropped
    assert "c%20%231_tiles.jpg" in dropped


def test_labels_of_the_images_beside_what_was_predicted(inputs: InspectInputs, tmp_path: Path) -> None:
    labels = tmp_path / "train.csv"
    labels.write_text("ID,Label\na,7|3\nc #1,Cytosol\nothers,0\n")
    inspect(replace(inputs, labels_path=labels), tmp_path)
    page = (tmp_path / "report/fields/a.html").read_text()
    assert "<h1>a: Nucleoli fibrillar center, Golgi apparatus</h1>" in page
    first, second = page.split('id="cell-2"')
    assert '0.80 Golgi apparatus <b class="right">✓</b>' in first
    assert "not the image" not in first.split('id="cell-1"')[1]
    assert "not the image's labels" in second
    assert re.findall(r'<polygon id="outline-(\d)"[^>]*class="wrong"', page) == ["2"]
    assert "<h1>b</h1>" in (tmp_path / "report/fields/b.html").read_text()
    dropped = (tmp_path / "report/fields/c #1.html").read_text()
    assert "<h1>c #1: Cytosol</h1>" in dropped
    assert "not the image" not in dropped
    assert ">Nucleoli fibrillar center, Golgi apparatus<" in (tmp_path / "report/index.html").read_text()


def test_labels_of_other_images_are_refused(inputs: InspectInputs, tmp_path: Path) -> None:
    labels = tmp_path / "train.csv"
    labels.write_text("ID,Label\nothers,0\n")
    with pytest.raises(InputError, match="none of the 3 images has a label"):
        inspect(replace(inputs, labels_path=labels), tmp_path)
    assert not list(tmp_path.glob(".report*"))


def test_the_sprite_has_a_strip_a_cell(inputs: InspectInputs, tmp_path: Path) -> None:
    inspect(inputs, tmp_path)
    assert cv2.imread(str(tmp_path / "report/fields/a_tiles.jpg")).shape == (2 * 128, 2 * 128, 3)


def test_many_cells_are_spread_over_several_sheets(
    inputs: InspectInputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspect(inputs, tmp_path)
    whole = cv2.imread(str(tmp_path / "report/fields/a_tiles.jpg"))
    monkeypatch.setattr(field_pages, "_SHEET_TILES", 1)
    inspect(inputs, tmp_path)
    sheets = [cv2.imread(str(tmp_path / f"report/fields/a_tiles{ending}.jpg")) for ending in ("", "_2")]
    np.testing.assert_allclose(np.vstack(sheets).astype(int), whole, atol=8)
    page = (tmp_path / "report/fields/a.html").read_text()
    assert page.count("url(a_tiles.jpg);background-position:0 -0px") == 1
    assert page.count("url(a_tiles_2.jpg);background-position:0 -0px") == 1


def test_the_sheets_fit_what_browsers_show() -> None:
    assert field_pages._SHEET_TILES * 128 <= 32767


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
    assert {path.stem for path in (tmp_path / "report/fields").glob("*.html")} == {"a", "c #1"}


def test_a_field_that_cannot_be_shown_is_told(inputs: InspectInputs, tmp_path: Path) -> None:
    (inputs.images_dir / "b_red.png").write_bytes(b"")
    report = inspect(inputs, tmp_path)
    assert [failure.where for failure in report.failures] == ["b"]
    assert "b could not be shown" in (tmp_path / "report/index.html").read_text()


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


@pytest.mark.parametrize("ending", ["protein", "small", "tiles", "composite"])
def test_no_picture_of_a_field_has_the_name_of_another_fields(
    inputs: InspectInputs, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    real = field_pages.write_jpeg
    monkeypatch.setattr(
        field_pages, "write_jpeg", lambda path, picture: (written.append(path.name), real(path, picture))
    )
    other = f"a_{ending}"
    for channel in CHANNELS:
        (tmp_path / f"images/b_{channel}.png").rename(tmp_path / f"images/{other}_{channel}.png")
    for what in ("cells", "nuclei"):
        (tmp_path / f"masks/b_{what}.png").rename(tmp_path / f"masks/{other}_{what}.png")
    columns = ["image_id", "image_height", "image_width", "cells"]
    images = [("a", 120, 160, 2), (other, 120, 160, 0), ("c #1", 120, 160, 1)]
    write_images(tmp_path / "images.parquet", pd.DataFrame(images, columns=columns))
    inputs = replace(inputs, fields=find_fields(tmp_path / "images"))
    run(inputs, InspectOutputs(tmp_path / "report"), InspectSettings(), ENGINE)
    assert len(set(written)) == len(written)
    page = (tmp_path / f"report/fields/{other}.html").read_text()
    for name in re.findall(r'src="([^"]+\.jpg)"', page):
        assert (tmp_path / "report/fields" / name).is_file()
