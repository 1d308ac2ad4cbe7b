"""A classifier of whole fields: trained, predicting, and beside the cells in a submission."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from data.cells.cells_table import read_cells
from data.predictions.predictions_table import (
    PROBABILITY_COLUMNS,
    probability_columns,
    read_image_weight,
    read_predictions,
)
from data.predictions.submission import read_submission
from tests.factories.command_line import run_here

RECIPE = """
device = "cpu"
[tiles]
size = 32
[split]
folds = 0
[backbone]
name = "test_efficientnet"
pretrained = "none"
[fit]
epochs = 1
batch_size = 4
"""
FIELDS = ["--set", "train.unit=field", "--set", "train.field_px=64"]
CLASSIFIER = "combine.rules.image.statistic=classifier"


@pytest.fixture(scope="module")
def work(simulated: Path, predicted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with predictions of cells, and with those of fields."""
    folder = tmp_path_factory.mktemp("fields")
    work = shutil.copytree(predicted, folder / "work")
    (folder / "recipe.toml").write_text(RECIPE)
    recipe = ["--recipe", folder / "recipe.toml"]
    told = run_here("train", "--work", work, "--labels", simulated / "train.csv", *recipe, *FIELDS)
    assert "6 images, 6 training fields" in told
    assert "predict: 6 fields" in run_here("predict", "--work", work, "--set", "predict.unit=field")
    return work


def combine(work: Path, output: Path, *assignments: str, status: int = 0) -> str:
    options = [text for each in assignments for text in ("--set", each)]
    return run_here("combine", "--work", work, "--output", output, *options, status=status)


def test_one_row_per_field_in_place_of_cells(work: Path, simulated: Path) -> None:
    table = read_predictions(work / "fields" / "predictions.parquet")
    assert table["image_id"].is_unique
    assert len(table) == 6
    values = table[probability_columns(table.columns)].to_numpy()
    # Sigmoids: a field has any number of classes.
    assert (np.abs(values.sum(axis=1) - 1) > 0.1).any()
    told = run_here("evaluate", "--work", work / "fields", "--labels", simulated / "train.csv")
    assert "6 cells, 6 images" in told
    assert "done before" in run_here("predict", "--work", work, "--model", work / "fields" / "model")


def test_the_submission_takes_it_for_the_image(work: Path, tmp_path: Path) -> None:
    output = tmp_path / "fused.csv"
    combine(work, output, "combine.rules.image.fusion=product", "combine.min_confidence=0", CLASSIFIER)
    cells = read_cells(work / "cells.parquet")
    predicted = read_predictions(work / "predictions.parquet")
    weight = read_image_weight(work / "predictions.parquet")
    assert weight is not None
    assert weight == 0.5
    fields = read_predictions(work / "fields" / "predictions.parquet").set_index("image_id")
    submission = read_submission(output)
    names = submission.images["image_id"].to_numpy()
    found = submission.triples.assign(image=names[submission.triples["image"]])
    highest = found.groupby(["image", "label"])["confidence"].max()
    kept = cells[cells["dropped"] == ""].merge(predicted)
    for image_id, members in kept.groupby("image_id"):
        values = members[list(PROBABILITY_COLUMNS)].to_numpy(np.float64)
        own = np.clip((values - weight * values.mean(axis=0)) / (1 - weight), 0, 1)
        image = fields.loc[str(image_id), list(PROBABILITY_COLUMNS)].to_numpy(np.float64)
        for label, value in enumerate((own * image).max(axis=0)):
            assert highest[image_id, label] == pytest.approx(value, rel=1e-3, abs=1e-6)


def test_what_it_is_worth(work: Path, simulated: Path) -> None:
    options = ["--set", "ablate.samples=5", "--set", "combine.min_confidence=0"]
    told = run_here("ablate", simulated / "truth.csv", "--work", work, *options)
    assert "ablate: 24 variants" in told
    assert "with image: blend with the classifier" in (work / "ablate" / "rules.csv").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["predict", "--model", "{work}/fields/model", "--set", "predict.unit=cell"],
            "expected one of cells",
        ),
        (["predict", "--model", "simhpa19", "--set", "predict.unit=field"], "expected one of whole fields"),
        (["predict", "--model", "simhpa19", "--model", "{work}/fields/model"], "tiles of one preset"),
        (["predict", "--model", "simhpa19", "--images", "{work}"], "only where whole fields are"),
        (["predict", "--model", "simhpa19", "--set", "images.full_scale=255"], "only where whole fields are"),
        (["predict", "--model", "{work}/gone", "--images", "{work}"], "gone: no such folder"),
        (["features", "--model", "{work}/fields/model"], "expected tiles of whole fields"),
    ],
)
def test_cells_are_no_fields(work: Path, arguments: list[str], said: str) -> None:
    filled = [part.format(work=work) for part in arguments]
    told = run_here(filled[0], "--work", work, *filled[1:], status=2)
    assert said in told.splitlines()[-1]


def test_without_a_table_of_these_images(work: Path, simulated: Path, tmp_path: Path) -> None:
    other = tmp_path / "work"
    shutil.copytree(work, other, ignore=shutil.ignore_patterns("fields"))
    told = combine(other, tmp_path / "s.csv", "combine.rules.image.fusion=product", CLASSIFIER, status=2)
    assert "no predictions of whole fields" in told.splitlines()[-1]
    # Of some of the images alone.
    some = tmp_path / "some"
    some.mkdir()
    for path in sorted(simulated.glob("*.png"))[:8]:
        shutil.copy(path, some)
    model = ["--model", work / "fields" / "model"]
    run_here("predict", "--work", other, *model, "--images", some)
    told = combine(other, tmp_path / "s.csv", "combine.rules.image.fusion=product", CLASSIFIER, status=2)
    assert "no row of" in told.splitlines()[-1]
    assert not (tmp_path / "s.csv").exists()
    told = run_here("ablate", simulated / "truth.csv", "--work", other, "--set", "ablate.samples=2")
    assert "without the rules that need a classifier of whole fields" in told
    assert "ablate: 19 variants" in told


def test_a_broken_field_stops_no_other(work: Path, simulated: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for path in sorted(simulated.glob("*.png")):
        shutil.copy(path, images)
    first = sorted(images.glob("*_green.png"))[0]
    first.write_bytes(b"no picture")
    other = tmp_path / "other"
    recipe = ["--recipe", work.parent / "recipe.toml", "--labels", simulated / "train.csv"]
    told = run_here("train", "--work", other, "--images", images, *recipe, *FIELDS, status=2)
    assert first.name in told
    assert "5 images, 5 training fields" in told
    assert (other / "fields" / "model" / "model.toml").is_file()
    told = run_here("train", "--work", tmp_path / "nothing", *recipe, *FIELDS, status=2)
    assert "give it as --images" in told.splitlines()[-1]
