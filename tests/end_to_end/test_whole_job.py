"""All stages in order through the command line, on a small simulated set."""

import json
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import read_cells
from data.file_hash import hash_file
from data.labels.label_file import CLASS_NAMES, read_labels
from data.masks.label_image import read_label_image
from data.masks.rle import decode_mask
from data.predictions.submission import read_submission
from tests.factories.report.data import name_classes, read_data, read_fields

CONFIG = """
[train.tiles]
size = 64

[train.fit]
epochs = 2

[train.backbone]
name = "test_efficientnet"
pretrained = "none"
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "small.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def work(hpacells, simulated: Path, config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("work")
    labels, truth = simulated / "train.csv", simulated / "truth.csv"
    done = hpacells(
        "run", simulated, "--labels", labels, "--work", work, "--truth", truth, "--config", config
    )
    for said in ("mAP at mask IoU 0.6", "submission.csv", "report/index.html", "total"):
        assert said in done.stdout
    return work


def test_everything_of_the_work_folder_is_there(work: Path) -> None:
    names = {path.name for path in work.iterdir()}
    stages = {f"{s}.json" for s in ("segment", "crops", "train", "predict", "combine", "score", "inspect")}
    files = {
        "cells.parquet",
        "images.parquet",
        "tiles.zarr",
        "predictions.parquet",
        "submission.csv",
        "metric.json",
    }
    assert names == stages | files | {"masks", "model", "report", ".written.json"}
    assert {"model.safetensors", "model.toml", "metrics.csv", "curves.png"} <= {
        path.name for path in (work / "model").iterdir()
    }


def test_the_submission_decodes_to_the_very_masks(work: Path) -> None:
    submission = read_submission(work / "submission.csv")
    table = read_cells(work / "cells.parquet")
    kept = table[table["dropped"] == ""]
    triples = submission.triples
    for number, image in submission.images.iterrows():
        cells = read_label_image(work / "masks" / f"{image['image_id']}_cells.png")
        assert cells.shape == (image["height"], image["width"])
        masks = {submission.masks[index] for index in triples.loc[triples["image"] == number, "mask"]}
        found = {tuple(np.unique(cells[decode_mask(mask, *cells.shape)])) for mask in masks}
        expected = kept.loc[kept["image_id"] == image["image_id"], "cell_id"]
        assert found == {(cell_id,) for cell_id in expected}
        for mask in masks:
            decoded = decode_mask(mask, *cells.shape)
            assert decoded.sum() == (cells == cells[decoded][0]).sum()


def test_metric_and_report_agree_with_the_score_command(
    hpacells, work: Path, simulated: Path, tmp_path: Path
) -> None:
    target = tmp_path / "score.json"
    hpacells("score", work / "submission.csv", simulated / "truth.csv", "--json", target)
    again = json.loads(target.read_text())
    assert again == json.loads((work / "metric.json").read_text())
    assert set(again["ap"]) == {str(label) for label in range(19)}
    assert f"mAP {again['map']:.4f}" in (work / "report/index.html").read_text()


def test_finished_work_is_not_repeated(hpacells, work: Path, simulated: Path, config: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.is_file()}
    options = ("--labels", simulated / "train.csv", "--work", work, "--config", config)
    done = hpacells("run", simulated, *options, "--truth", simulated / "truth.csv")
    assert done.stderr.count("done before, nothing changed") == 7
    assert {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.is_file()} == before


def test_a_later_setting_leaves_earlier_stages_alone(
    hpacells, work: Path, simulated: Path, config: Path
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in work.iterdir() if path.is_file()}
    options = ("--labels", simulated / "train.csv", "--work", work, "--config", config)
    limit = read_submission(work / "submission.csv").triples["confidence"].median()
    hpacells("run", simulated, *options, "--set", f"combine.min_confidence={limit}")
    after = {path.name: path.stat().st_mtime_ns for path in work.iterdir() if path.is_file()}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"combine.json", "submission.csv", "inspect.json"}
    confidences = read_submission(work / "submission.csv").triples["confidence"]
    assert confidences.min() >= limit
    # The scores were those of the submission before.
    assert "Score: mAP" not in (work / "report/index.html").read_text()


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attributes if name in ("href", "src") and value]


def test_every_link_of_the_report_is_a_file_beside_it(work: Path) -> None:
    parser = _Links()
    parser.feed((work / "report/index.html").read_text())
    links = [link for link in parser.links if not link.startswith("#") and not link.startswith("data:")]
    assert len(links) > 10
    for link in links:
        assert (work / "report" / unquote(link)).is_file(), link
    assert len(read_fields(work / "report")) == 6
    for field in read_fields(work / "report").values():
        stem = work / "report/fields" / str(field["page"])
        assert stem.with_name(f"{stem.name}_small.jpg").is_file()
        assert stem.with_name(f"{stem.name}_tiles_{field['sheets']}.jpg").is_file()
        for channel in field["channels"]:
            assert stem.with_name(f"{stem.name}_{channel['name']}.js").is_file()


def test_the_report_shows_every_cell(work: Path) -> None:
    table = read_cells(work / "cells.parquet")
    fields = read_fields(work / "report")
    for image_id, rows in table.groupby("image_id"):
        cells = fields[str(image_id)]["cells"]
        assert [cell["cell"] for cell in cells] == rows["cell_id"].tolist()
        assert all(cell["outline"].count(",") > 2 for cell in cells)


def test_the_report_shows_the_labels_of_the_images(work: Path, simulated: Path) -> None:
    fields = read_fields(work / "report")
    for image_id, labels in read_labels(simulated / "train.csv").items():
        given = name_classes(work / "report", fields[image_id]["given"])
        assert given == [CLASS_NAMES[label] for label in labels]
    manifest = json.loads((work / "inspect.json").read_text())
    assert manifest["inputs"]["labels"] == hash_file(simulated / "train.csv")


def test_the_report_shows_how_the_results_came_about(work: Path) -> None:
    told = read_data(work / "report", "data/run")
    stages = ["segment", "crops", "train", "predict", "combine", "score"]
    # The submission was made again since it was scored.
    assert [stage["stage"] for stage in told["stages"]] in (stages, stages[:-1])
    [(_, weights)] = told["weights"]
    assert weights == hash_file(work / "model/model.safetensors")
    assert told["pictures"] == ["curves.png"]


def test_predictions_are_probabilities_of_every_kept_cell(work: Path) -> None:
    predictions = pd.read_parquet(work / "predictions.parquet")
    table = read_cells(work / "cells.parquet")
    kept = table.loc[table["dropped"] == "", ["image_id", "cell_id"]]
    joined = kept.merge(predictions, on=["image_id", "cell_id"], how="left", validate="one_to_one")
    probabilities = joined[[f"p_{label}" for label in range(19)]].to_numpy()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(kept)), abs=1e-3)
