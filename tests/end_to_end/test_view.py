"""`hpacells view`, with a module in the place of napari that notes what it is shown."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.factories.command_line import run_here
from tests.factories.exports.predicted_work import segment_and_predict
from tests.factories.exports.unusual_fields import CROWD, EMPTY, ODD, UnusualFields

NAPARI = """
import json, os
seen = []
class Viewer:
    def __init__(self, title=""):
        seen.append({"title": title})
    def add_image(self, data, **how):
        seen.append({"kind": "image", "shape": data.shape, "sum": int(data.sum()), **how})
    def add_labels(self, data, **how):
        how["properties"] = {name: list(map(str, values)) for name, values in how["properties"].items()}
        seen.append({"kind": "labels", "shape": data.shape, "sum": int(data.sum()), **how})
def run():
    with open(os.environ["SEEN"], "w") as file:
        json.dump(seen, file)
"""


@pytest.fixture
def napari(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in on the path; return the file in which it notes what it was shown."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/napari.py").write_text(NAPARI)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.setitem(sys.modules, "napari", None)
    monkeypatch.delitem(sys.modules, "napari")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen.json"))
    return tmp_path / "seen.json"


def test_channels_cells_and_nuclei_are_shown(tmp_path: Path, napari: Path) -> None:
    made = UnusualFields(tmp_path)
    work = segment_and_predict(made, [ODD, EMPTY])
    run_here("view", ODD, "--work", work.root)
    title, *layers = json.loads(napari.read_text())
    assert title["title"] == f"hpacells: {ODD}"
    images, labels = layers[:4], layers[4:]
    assert [layer["name"] for layer in images] == ["microtubules", "protein", "nucleus", "ER"]
    assert [layer["colormap"] for layer in images] == ["red", "green", "blue", "yellow"]
    assert {layer["blending"] for layer in images} == {"additive"}
    assert [layer["sum"] for layer in images] == made.image(ODD).sum(axis=(1, 2), dtype=int).tolist()
    assert all(layer["contrast_limits"][0] < layer["contrast_limits"][1] for layer in images)
    assert [layer["name"] for layer in labels] == ["nuclei", "cells"]
    assert [layer["sum"] for layer in labels] == [int(values.sum()) for values in made.labels[ODD]]
    assert {tuple(layer["scale"]) for layer in layers} == {(0.08, 0.08)}
    properties = labels[1]["properties"]
    assert properties["index"] == [str(number) for number in range(1, 7)]
    assert len(properties["class"]) == len(properties["dropped"]) == 6
    run_here("view", EMPTY, "--work", work.root)
    assert json.loads(napari.read_text())[-1]["properties"]["index"] == []
    told = run_here("view", "none", "--work", work.root, status=2)
    assert len(told.splitlines()) == 1
    assert "no field none; expected the ID of a segmented field: none.at all, odd 1.b" in told


def test_before_anything_was_predicted(tmp_path: Path, napari: Path) -> None:
    made = UnusualFields(tmp_path)
    made.write()
    masks = tmp_path / "own masks"
    masks.mkdir()
    for kind, pixels in zip(("nuclei", "cells"), made.labels[CROWD], strict=True):
        cv2.imwrite(str(masks / f"{CROWD}_{kind}.png"), pixels)
    for other in made.images.iterdir():
        if not other.name.startswith(CROWD):
            other.unlink()
    run_here("segment", made.images, "--masks", masks, "--work", tmp_path / "fresh")
    run_here("view", CROWD, "--work", tmp_path / "fresh")
    layers = json.loads(napari.read_text())[1:]
    assert [layer["kind"] for layer in layers] == ["image"] * 4 + ["labels"] * 2
    assert layers[5]["sum"] == int(made.labels[CROWD][1].sum(dtype=np.int64))


def test_without_napari_one_line_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "napari", None)
    told = run_here("view", "A1", "--work", tmp_path, status=2)
    assert len(told.splitlines()) == 1
    assert 'pip install "napari[all]"' in told
