from pathlib import Path

import numpy as np
import pytest
import torch

from data.errors import InputError
from data.plots.attention import overlay_attention, spread_attention
from data.plots.composites import find_contrast, shrink, stretch_contrast
from data.tiles.preparation import read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.backbones.subcell.network import SubCellBackbone
from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.explanations.grad_cam import explain_tiles
from models.classifiers.inputs.scaling import scale_by_range
from models.classifiers.model_folder import read_classifier, save_classifier
from stages.inspect.attention import network
from stages.inspect.attention.maps import CellAttention
from stages.inspect.attention.network import attend_cells
from stages.inspect.paths import PredictedBy
from stages.inspect.settings import InspectSettings
from tests.factories.context import QuietContext
from tests.factories.subcell import shrink_subcell, write_tiny_subcell

SHOWN = np.array([0, 2, 3, 5, 7, 11, 13, 17, 19, 20, 22])
CHANNELS = ["blue", "green"]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shrink_subcell(monkeypatch)
    return write_tiny_subcell(tmp_path / "model", "bg", tiles={"size": 256, "channels": CHANNELS})


def attend(tiles: Path, *models: Path, problem: str = "", **settings: object) -> CellAttention:
    chosen = InspectSettings.model_validate({"device": "cpu"} | settings)
    return attend_cells(PredictedBy(models, problem), TileStore(tiles), SHOWN, chosen, QuietContext())


def test_each_cell_has_the_attention_of_its_own_tile(model: Path, random_tiles: Path) -> None:
    attention = attend(random_tiles, model)
    assert sorted(attention.maps) == SHOWN.tolist()
    assert attention.note == "The attention of the network is shown for all 11 predicted cells."
    backbone = read_classifier(model).backbone
    assert isinstance(backbone, SubCellBackbone)
    store = TileStore(random_tiles)
    for row in (0, 13, 22):
        tile = torch.from_numpy(store.read(np.array([row]), CHANNELS)).float()
        with torch.inference_mode():
            expected = backbone.attend(scale_by_range(tile, "cell")).attention[0].numpy()
        np.testing.assert_allclose(attention.maps[row], expected, rtol=1e-4)
    for words in (
        "2 weighted means of 16 x 16 patches",
        "scaled by its own maximum",
        "each 0.39%",
        str(model),
    ):
        assert words in attention.legend
    assert "classifiers" not in attention.legend
    largest = attention.maps[13].max(axis=(1, 2))
    assert attention.describe(13) == f"attention: at most {largest[0]:.2%} and {largest[1]:.2%} on one patch"


def test_heads_side_by_side_over_the_grey_tile(model: Path, random_tiles: Path) -> None:
    tile = TileStore(random_tiles).read(np.array([13]))[0]
    contrast = find_contrast(tile)
    attention = attend(random_tiles, model)
    picture = attention.draw(13, tile, contrast, 64)
    assert picture.shape == (64, 128, 3)
    for head in range(2):
        heat = spread_attention(attention.maps[13][head], 256, 256)
        expected = shrink(overlay_attention(stretch_contrast(tile, contrast), heat), 64)
        np.testing.assert_array_equal(picture[:, 64 * head : 64 * (head + 1)], expected)


def test_no_more_cells_than_asked_for_evenly_spread(model: Path, random_tiles: Path) -> None:
    attention = attend(random_tiles, model, attention_cells=3)
    assert sorted(attention.maps) == [0, 11, 22]
    assert "for 3 of 11 predicted cells, evenly spread (setting inspect.attention_cells)" in attention.note


def test_only_the_middle_of_a_tile_is_seen(tmp_path: Path, model: Path, random_tiles: Path) -> None:
    cropped = {"size": 256, "crop": 128, "channels": CHANNELS}
    attention = attend(random_tiles, write_tiny_subcell(tmp_path / "cropped", "bg", tiles=cropped))
    assert attention.seen == 0.5
    assert attention.maps[0].shape == (2, 8, 8)
    assert "8 x 8 patches of the middle 128 of 256 px" in attention.legend


def test_of_several_classifiers_the_first_is_named(tmp_path: Path, model: Path, random_tiles: Path) -> None:
    other = write_tiny_subcell(
        tmp_path / "other", "bg", tiles={"size": 256, "channels": CHANNELS}, head={"kind": "convolution"}
    )
    attention = attend(random_tiles, other, model)
    assert f"Attention of {model}, the first of 2 classifiers that has any" in attention.legend
    alone = attend(random_tiles, other)
    assert not alone.maps
    assert alone.note == (
        "No attention is shown: the head of the classifier takes no features that are pooled by attention."
    )


def test_why_there_is_none(model: Path, random_tiles: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="hpacells")
    gone = attend(random_tiles, model, problem="the weights are not there any more")
    assert gone == CellAttention(note="No attention is shown: the weights are not there any more.")
    assert "no attention is shown: the weights are not" in caplog.text
    (model / "model.safetensors").write_bytes(b"")
    damaged = attend(random_tiles, model)
    assert not damaged.maps
    assert damaged.note.startswith("No attention is shown: ")
    assert "model.safetensors" in damaged.note
    with pytest.raises(InputError, match="no device 'abacus'"):
        attend(random_tiles, model, device="abacus")


@pytest.mark.parametrize("error", [InputError(found="damaged", where="tiles"), MemoryError()])
def test_a_tile_that_fails_costs_its_cell_alone(
    model: Path,
    random_tiles: Path,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    real = network.read_prepared

    def read(store: TileStore, rows: np.ndarray, settings: object) -> np.ndarray:
        if 5 in rows:
            raise error
        return real(store, rows, settings)

    monkeypatch.setattr(network, "read_prepared", read)
    attention = attend(random_tiles, model)
    assert sorted(attention.maps) == [row for row in SHOWN.tolist() if row != 5]
    assert caplog.text.count("no attention of the cell in row 5") == 1
    assert attention.note.endswith("for 10 of 11 predicted cells; it could not be computed for 1.")


def test_grad_cam_of_convolutional_classifiers(tmp_path: Path, random_tiles: Path) -> None:
    model = tmp_path / "convolutional"
    settings = {
        "mode": "single-label",
        "normalisation": {"mean": [0.0] * 2, "deviation": [1.0] * 2},
        "head": {"kind": "linear"},
        "backbone": {"name": "test_efficientnet", "pretrained": "none"},
        "tiles": {"size": 64, "channels": CHANNELS},
        "class_names": ["Left", "Right"],
    }
    classifier = Classifier(Architecture.model_validate(settings)).eval()
    save_classifier(model, classifier.architecture, classifier.state_dict(), {})
    attention = attend(random_tiles, model)
    assert sorted(attention.maps) == SHOWN.tolist()
    assert attention.note == "Grad-CAM of the network is shown for all 11 predicted cells."
    assert f"Grad-CAM of {model}" in attention.legend
    assert attention.heads == 1
    tiles = read_prepared(TileStore(random_tiles), np.array([13]), classifier.architecture.tiles)
    expected = explain_tiles(classifier, tiles, torch.device("cpu"))
    np.testing.assert_allclose(attention.maps[13], expected.maps, rtol=1e-3, atol=1e-6)
    name = ["Left", "Right"][expected.classes[0]]
    assert attention.describe(13) == f"Grad-CAM: what speaks for {name}"
