"""The whole job with SubCell, by a network of its kind that is small enough to run in moments."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.labels.label_set import HPA2021, read_label_set
from data.predictions.predictions_table import read_class_names, read_predictions
from pipeline.runs.manifest import read_manifest
from tests.factories.command_line import run_here
from tests.factories.report.data import read_data, read_fields
from tests.factories.simulated_set import simulate_into
from tests.factories.subcell import shrink_subcell, write_tiny_subcell

FAST = ("--set", "segment.segmenter=classical", "--set", "predict.runtime=torch")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("subcell")


@pytest.fixture(scope="module")
def images(folder: Path) -> Path:
    simulate_into(folder / "images", fields=1, size=400, seed=3)
    return folder / "images"


@pytest.fixture
def model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shrink_subcell(monkeypatch)
    return write_tiny_subcell(folder / "model")


def test_images_to_embeddings_submission_report_and_anndata(
    images: Path, model: Path, tmp_path: Path
) -> None:
    h5py = pytest.importorskip("h5py")
    work = tmp_path / "work"
    told = run_here("run", images, "--work", work, "--model", model, *FAST)
    [line] = [line for line in told.splitlines() if "SubCell predicts" in line]
    assert "embeddings (predict.embedding)" in line
    assert "Kaggle's 19 classes (combine.label_set=hpa2021)" in line
    assert "cells.h5ad (--no-export leaves it out)" in line
    table = read_predictions(work / "predictions.parquet")
    assert len(read_class_names(work / "predictions.parquet")) == 31
    embedding = np.stack(table["embedding"].to_list())
    assert embedding.shape == (len(table), 48)
    assert np.isfinite(embedding).all()
    combined = read_manifest(work / "combine.json")
    assert combined is not None
    assert combined.details["class_names"] == list(HPA2021.names)
    strings = pd.read_csv(work / "submission.csv")["PredictionString"].str.split()
    assert max(int(label) for row in strings for label in row[::3]) < 19
    assert (work / "report/index.html").is_file()
    check_attention(work, len(table))
    with h5py.File(work / "cells.h5ad") as file:
        np.testing.assert_array_equal(file["X"][:], embedding)
        assert file["obsm/probabilities"].shape == (len(table), 31)
    # Once more, nothing is done again.
    again = run_here("run", images, "--work", work, "--model", model, *FAST)
    assert again.count("done before, nothing changed") == 6


def check_attention(work: Path, cells: int) -> None:
    """Check that each predicted cell of the report has the pictures of two heads."""
    [sheet] = (work / "report/fields").glob("*_attention_*.jpg")
    assert cv2.imread(str(sheet)).shape == (cells * 256, 512, 3)
    [field] = read_fields(work / "report").values()
    places = [cell["attention"][0] for cell in field["cells"] if "attention" in cell]
    assert places == list(range(cells))
    told = read_data(work / "report", "data/report")["attention"]
    assert "Each map is scaled by its own maximum" in told["legend"]
    assert told["scale"] == "attention_scale.jpg"
    assert (work / "report/attention_scale.jpg").is_file()
    assert f"shown for all {cells} predicted cells" in (work / "report/index.html").read_text()


def test_a_report_without_attention_says_why(images: Path, model: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    run_here("run", images, "--work", work, "--model", model, "--no-export", *FAST)
    run_here("inspect", "--work", work, "--set", "inspect.attention=never")
    index = work / "report/index.html"
    assert "ttention" not in index.read_text()
    assert read_data(work / "report", "data/report")["attention"]["legend"] == ""
    assert not list((work / "report").rglob("*attention*"))
    description = (model / "model.toml").read_text()
    (model / "model.toml").write_text(f"{description}\n# other\n")
    run_here("inspect", "--work", work)
    sentence = "No attention is shown: the weights of the classifier that predicted are"
    assert f"{sentence} changed since." in index.read_text()
    (model / "model.toml").unlink()
    run_here("inspect", "--work", work, "--set", "inspect.top_classes=4")
    assert f"{sentence} not there any more." in index.read_text()
    assert not list((work / "report").rglob("*attention*"))
    (model / "model.toml").write_text(description)
    run_here("inspect", "--work", work, "--set", "inspect.top_classes=4")
    assert "No attention" not in index.read_text()
    assert len(list((work / "report/fields").glob("*_attention_*.jpg"))) == 1


def test_what_the_user_says_comes_first(images: Path, model: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    chosen = ("predict.embedding=false", "combine.label_set=subcell31")
    settings = [part for setting in chosen for part in ("--set", setting)]
    told = run_here("run", images, "--work", work, "--model", model, "--no-export", *FAST, *settings)
    assert "SubCell predicts" not in told
    assert "embedding" not in read_predictions(work / "predictions.parquet")
    combined = read_manifest(work / "combine.json")
    assert combined is not None
    assert combined.details["class_names"] == list(read_label_set("subcell31").names)
    assert not (work / "cells.h5ad").exists()


def test_without_the_package_that_writes_it(
    images: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    command = ("run", images, "--model", model, *FAST)
    told = run_here(*command, "--work", tmp_path / "asked", "--export", status=2)
    assert "h5py" in told.splitlines()[-1]
    assert not (tmp_path / "asked/masks").exists()
    told = run_here(*command, "--work", tmp_path / "work")
    assert "run ends without an AnnData file" in told
    assert "at the end" not in told
    assert (tmp_path / "work/report/index.html").is_file()


def test_other_classifiers_export_only_when_asked(images: Path, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    command = ("run", images, "--work", tmp_path / "work", *FAST)
    assert "SubCell" not in run_here(*command)
    assert not (tmp_path / "work/cells.h5ad").exists()
    assert "embedding" not in read_predictions(tmp_path / "work/predictions.parquet")
    refused = run_here(*command, "--set", "export.components=5", status=2)
    assert "this command does not read [export]" in refused
    run_here(*command, "--export", "--set", "export.components=5")
    assert (tmp_path / "work/cells.h5ad").is_file()
