"""Windows for SubCell from the command line: cut, learnt from, chosen by `run`, or refused."""

from pathlib import Path

import pytest

import hpacells as library
from data.text.toml_file import read_toml
from tests.factories.simulated_set import simulate_into

FAST = ("--set", "segment.segmenter=classical", "--set", "crops.min_area_um2=0")


@pytest.mark.slow
def test_from_crops_to_report_and_refusals(hpacells, write_recipe, tmp_path: Path) -> None:
    images, work, other = (tmp_path / name for name in ("images", "work", "other"))
    simulate_into(images, fields=6, size=640, seed=11)
    labels, model = images / "train.csv", work / "model"
    recipe = write_recipe("all")
    train = ("--labels", labels, "--recipe", recipe)
    hpacells("run", images, "--work", work, *train, *FAST, "--set", "crops.preset=subcell")
    tiles = library.TileStore(work / "tiles.zarr")
    assert (tiles.preset, tiles.size) == ("subcell", 448)
    # The training took the tiles that were there, and says so.
    assert read_toml(model / "model.toml")["architecture"]["tiles"]["preset"] == "subcell"
    assert (work / "report/index.html").is_file()
    hpacells("features", "--work", work)

    # `run` knows what its classifier takes.
    done = hpacells("run", images, "--work", other, "--model", model, *FAST)
    assert "crops.preset = subcell, which" in done.stderr
    assert library.TileStore(other / "tiles.zarr").preset == "subcell"
    refused = hpacells(
        "run", images, "--work", other, "--model", model, *FAST, "--set", "crops.preset=cell", status=2
    )
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "crops.preset = cell" in refused.stderr

    # Tiles of another preset are never used in their place.
    hpacells("crops", images, "--work", other)
    refused = hpacells("predict", "--work", other, "--model", model, status=2)
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "tiles of the preset cell, 256 px" in refused.stderr
    assert "`hpacells crops IMAGES --set crops.preset=subcell`" in refused.stderr
    refused = hpacells("predict", "--work", work, "--model", "simhpa19", status=2)
    assert "which the classifier simhpa19 takes" in refused.stderr.strip().splitlines()[-1]
    refused = hpacells("train", "--work", other, *train, "--set", "train.tiles.preset=subcell", status=2)
    assert "which the recipe (train.tiles.preset) takes" in refused.stderr.strip().splitlines()[-1]


def test_python(tmp_path: Path) -> None:
    simulated = library.simulate_field(seed=5, size=400)
    tiles = library.crop_cells(simulated.image, simulated, image_id="A1", preset="subcell")
    assert (tiles.preset, tiles.size) == ("subcell", 448)
    assert tiles.tiles.shape == (len(tiles), 4, 448, 448)
    with pytest.raises(library.InputError, match="simhpa19 takes"):
        library.load_classifier("simhpa19").classify(tiles)
    with pytest.raises(library.InputError, match="preset = 'Cell'"):
        library.crop_cells(simulated.image, simulated, preset="Cell")
