"""Fields without microtubules, without ER or without both, through the command line."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w

from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.fields.image_folder import find_fields
from data.predictions.predictions_table import PROBABILITY_COLUMNS, read_predictions
from data.tiles.tile_store import TileStore
from models.classifiers.model_folder import read_classifier
from tests.factories.command_line import run_here
from tests.factories.report.data import read_data, read_fields


def copy_channels(source: Path, folder: Path, channels: tuple[str, ...], fields: int = 2) -> Path:
    """Copy some channels of the first fields of a folder."""
    folder.mkdir()
    for field in find_fields(source)[:fields]:
        for channel in channels:
            (folder / field.files[channel].name).write_bytes(field.files[channel].read_bytes())
    return folder


@pytest.fixture(scope="module")
def whole(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder of fields with all channels, cut by known masks."""
    work = tmp_path_factory.mktemp("whole")
    images = copy_channels(simulated, work / "images", CHANNELS)
    run_here("segment", images, "--masks", simulated / "masks", "--work", work / "work")
    run_here("crops", images, "--work", work / "work")
    return work / "work"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("channels", "absent"),
    [
        (("green", "blue"), "red (microtubules) or yellow (ER)"),
        (("red", "green", "blue"), "yellow (ER)"),
        (("green", "blue", "yellow"), "red (microtubules)"),
    ],
)
def test_fields_go_through_all_stages_and_say_what_they_lack(
    simulated: Path, whole: Path, tmp_path: Path, channels: tuple[str, ...], absent: str
) -> None:
    images, work = copy_channels(simulated, tmp_path / "images", channels), tmp_path / "work"
    done = run_here("run", images, "--masks", simulated / "masks", "--work", work)
    assert done.count(f"no field has a {absent} channel") == 1
    assert done.count("the classifier simhpa19 comes with hpacells") == 1
    assert f"classifier: simhpa19, which sees {', '.join(channels)}" in done

    # The tiles are those of the whole fields; what is not there was not measured.
    store, table = TileStore(work / "tiles.zarr"), read_cells(work / "cells.parquet")
    assert store.channels == channels
    rows = np.arange(len(store))
    expected = TileStore(whole / "tiles.zarr").read(rows, channels)
    np.testing.assert_array_equal(store.read(rows), expected)
    reference = read_cells(whole / "cells.parquet")
    for channel in CHANNELS:
        if channel in channels:
            pd.testing.assert_series_equal(table[f"mean_{channel}"], reference[f"mean_{channel}"])
        else:
            assert table[f"mean_{channel}"].isna().all()

    predictions = read_predictions(work / "predictions.parquet")
    assert len(predictions) == (table["dropped"] == "").sum() > 5
    np.testing.assert_allclose(predictions[list(PROBABILITY_COLUMNS)].sum(axis=1), 1, atol=1e-4)
    index = (work / "report/index.html").read_text()
    assert f"Predicted by simhpa19 (sees {', '.join(channels)})" in index
    told = read_data(work / "report", "data/report")
    assert told["channels"] == list(channels)
    assert "the images have no " in told["colours"]
    for channel in set(CHANNELS) - set(channels):
        assert f"({channel})" in told["colours"]
    for field in read_fields(work / "report").values():
        assert [channel["name"] for channel in field["channels"]] == list(channels)


@pytest.mark.slow
def test_own_classifier_of_two_channels(
    simulated: Path, write_recipe: Callable[[str], Path], tmp_path: Path
) -> None:
    images = copy_channels(simulated, tmp_path / "images", ("green", "blue"), fields=6)
    work = tmp_path / "work"
    run_here("segment", images, "--segmenter", "classical", "--work", work)
    run_here("crops", images, "--work", work)
    trained = run_here(
        "train", "--work", work, "--labels", simulated / "train.csv", "--recipe", write_recipe("single")
    )
    assert "the tiles have no red (microtubules) or yellow (ER) channel" in trained
    assert read_classifier(work / "model").architecture.tiles.channels == ("green", "blue")
    assert "which sees green, blue" in run_here("predict", "--work", work)
    # Maps of the network and figures of the cells, of the two channels alone.
    run_here("features", "--work", work, "--set", "features.cells=12")
    names = " ".join(path.read_text() for path in (work / "features").glob("*.csv"))
    assert "green" in names
    assert "red" not in names.replace("measured", "")


def test_a_classifier_that_needs_all_channels_is_refused(simulated: Path, tmp_path: Path) -> None:
    images = copy_channels(simulated, tmp_path / "images", ("green", "blue"))
    run_here("segment", images, "--segmenter", "classical", "--work", tmp_path / "work")
    run_here("crops", images, "--work", tmp_path / "work")
    model = tmp_path / "model"
    source = Path(__file__).parents[2] / "models/classifiers/bundled/simhpa19"
    model.mkdir()
    for path in source.iterdir():
        (model / path.name).write_bytes(path.read_bytes())
    description = tomllib.loads((model / "model.toml").read_text())
    description["architecture"]["optional_channels"] = []
    (model / "model.toml").write_text(tomli_w.dumps(description))
    refused = run_here("predict", "--work", tmp_path / "work", "--model", model, status=2)
    assert "tiles without red and yellow, which the classifier was trained with" in refused
    assert not (tmp_path / "work/predictions.parquet").exists()


def test_one_field_that_lacks_what_the_others_have(simulated: Path, tmp_path: Path) -> None:
    images, work = copy_channels(simulated, tmp_path / "images", CHANNELS), tmp_path / "work"
    first = find_fields(images)[0]
    first.files["yellow"].unlink()
    found = run_here("segment", images, "--work", work, "--segmenter", "classical", status=2)
    assert f"left out {first.image_id}: " in found
    assert "do without the channel in all fields (segment.channels)" in found
    assert set(read_cells(work / "cells.parquet")["image_id"]) == {find_fields(images)[1].image_id}

    option = 'segment.channels=["red", "green", "blue"]'
    run_here("segment", images, "--work", work, "--segmenter", "classical", "--set", option)
    run_here("crops", images, "--work", work)
    assert read_cells(work / "cells.parquet")["image_id"].nunique() == 2
    assert json.loads((work / "crops.json").read_text())["details"]["channels"] == ["red", "green", "blue"]


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        (("red", "blue"), "no green (protein) channel (found red, blue)"),
        (("red", "green", "yellow"), "no blue (nucleus) channel"),
        (("blue",), "no green (protein) channel"),
    ],
)
def test_without_protein_or_nucleus_nothing_is_begun(
    simulated: Path, tmp_path: Path, channels: tuple[str, ...], told: str
) -> None:
    images = copy_channels(simulated, tmp_path / "images", channels)
    refused = run_here("run", images, "--work", tmp_path / "work", status=2)
    assert told in refused
    assert not (tmp_path / "work/masks").exists()
