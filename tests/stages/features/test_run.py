import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import pearsonr

from data.atomic import FILE_LIST
from data.cells.cells_table import read_cells
from data.errors import InputError
from data.predictions.predictions_table import write_predictions
from data.tiles.preparation import read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.model_folder import read_classifier, save_classifier
from pipeline.engines.local import LocalEngine
from stages.features.paths import FeaturesInputs, FeaturesOutputs
from stages.features.run import format_features, run
from stages.features.settings import FeaturesSettings

ENGINE = LocalEngine(workers=1)
LABELS = {"a": (0,), "b": (1,), "c": (0,), "d": (1,), "e": (0, 1), "f": ()}
KEPT = [row for row in range(12) if row != 4]
"""Rows of the cells of images with one label; one of them is dropped."""

Save = Callable[..., Path]


@pytest.fixture
def folder(make_tiles):
    return make_tiles(LABELS, dropped={4: "too small"})


@pytest.fixture
def save(folder, tmp_path: Path) -> Save:
    """Write the folder of a small classifier with random weights."""

    def save(name: str = "model", backbone: str = "test_efficientnet", **tiles: Any) -> Path:
        torch.manual_seed(3)
        settings: dict[str, Any] = {"size": 32} | tiles
        channels = len(settings.get("channels", "rgby"))
        architecture = Architecture.model_validate(
            {
                "mode": "single-label",
                "tiles": settings,
                "normalisation": {"mean": [0.3] * channels, "deviation": [0.2] * channels},
                "backbone": {"name": backbone, "pretrained": "none"},
                "head": {"embedding": 6},
            }
        )
        classifier = Classifier(architecture)
        save_classifier(tmp_path / name, architecture, classifier.state_dict(), {})
        return tmp_path / name

    return save


def analyse(
    folder, model: Path, tmp_path: Path, *, labelled: bool = True, **settings: Any
) -> tuple[dict[str, Any], Path]:
    labels = folder.labels if labelled else None
    inputs = FeaturesInputs(folder.tiles, folder.cells, model, tmp_path / "predictions.parquet", labels)
    few = {"method": "pca", "neurons": 2, "patches": 2, "most": 5, "device": "cpu"}
    output = tmp_path / "work/features"
    report = run(inputs, FeaturesOutputs(output), FeaturesSettings.model_validate(few | settings), ENGINE)
    written = json.loads((output / "summary.json").read_text())
    assert written == json.loads(json.dumps(report.details))
    page = (output / "index.html").read_text()
    for path in output.iterdir():
        # Each file is shown or linked, and nothing lies outside the folder.
        assert path.name in page or path.name in ("index.html", "summary.json", FILE_LIST)
    assert 'src="/' not in page
    assert "http" not in page
    assert [path.name for path in output.parent.iterdir()] == ["features"]
    return written, output


def test_labelled_cells(folder, save: Save, tmp_path: Path) -> None:
    model = save()
    details, output = analyse(folder, model, tmp_path)
    told = format_features(details)
    pictures = {path.stem for path in output.glob("*.png")}
    assert pictures == {"patches", "embedding", "correlation", "information"}
    table = pd.read_csv(output / "embedding.csv")
    kept = read_cells(folder.cells).iloc[KEPT]
    assert table["image_id"].tolist() == kept["image_id"].tolist()
    assert table["cell_id"].tolist() == kept["cell_id"].tolist()
    assert table["class"].tolist() == [LABELS[image][0] for image in table["image_id"]]
    assert "the single label of its image in train.csv" in told
    assert "without a class: 6" in told
    assert details["cells"] == {"0 Nucleoplasm": 6, "1 Nuclear membrane": 5}
    # The tables tell of the same cells as the classifier itself, and of the same order.
    classifier = read_classifier(model)
    tiles = read_prepared(TileStore(folder.tiles), np.array(KEPT), classifier.architecture.tiles)
    with torch.inference_mode():
        batch = torch.from_numpy(tiles).permute(0, 3, 1, 2)
        embedding = classifier(batch).embedding.numpy()
        peaks = classifier.feature_map(batch).amax(dim=(2, 3)).numpy()
    measured = pd.read_csv(output / "measured.csv")
    coefficients = pd.read_csv(output / "correlation.csv", index_col="neuron")
    expected = pearsonr(embedding[:, 3].astype(float), measured["deviation green"])[0]
    assert coefficients.loc[3, "deviation green"] == pytest.approx(expected, abs=1e-3)
    patches = pd.read_csv(output / "patches.csv")
    assert patches["channel"].nunique() == 2
    for channel, rows in patches.groupby("channel"):
        strongest = np.sort(peaks[:, int(str(channel))])[::-1][:2]
        np.testing.assert_allclose(rows["activation"], strongest, rtol=1e-3, atol=1e-5)
    neurons = pd.read_csv(output / "neurons.csv")
    assert sorted(neurons["neuron"]) == list(range(6))
    assert neurons["mutual_information"].is_monotonic_decreasing


def test_the_patches_are_of_the_cells_they_name(folder, save: Save, tmp_path: Path) -> None:
    _, output = analyse(folder, save("cut", channels=["green"]), tmp_path, layer=1)
    classifier = read_classifier(tmp_path / "cut")
    cells = read_cells(folder.cells)
    first = pd.read_csv(output / "patches.csv").iloc[0]
    row = np.flatnonzero((cells["image_id"] == first["image_id"]) & (cells["cell_id"] == first["cell_id"]))
    tile = read_prepared(TileStore(folder.tiles), row, classifier.architecture.tiles)
    with torch.inference_mode():
        features = classifier.feature_map(torch.from_numpy(tile).permute(0, 3, 1, 2), 1)[0]
    channel = features[int(first["channel"])].numpy()
    assert channel.max() == pytest.approx(first["activation"], rel=1e-3)
    # 16 places of 16 px in a tile of 256 px.
    assert channel.shape == (16, 16)
    y, x = np.unravel_index(channel.argmax(), channel.shape)
    assert first[["y0", "x0", "y1", "x1"]].tolist() == [16 * y, 16 * x, 16 * y + 16, 16 * x + 16]
    assert "7 px" in (output / "index.html").read_text()


def test_predicted_classes_and_fewer_cells(folder, save: Save, tmp_path: Path) -> None:
    cells = read_cells(folder.cells).drop(index=4)
    probabilities = np.tile([0.2, 0.7, 0.1], (17, 1))
    probabilities[::2] = 0.1, 0.3, 0.6
    ids = cells["image_id"].tolist(), cells["cell_id"].to_numpy()
    write_predictions(tmp_path / "predictions.parquet", *ids, probabilities, class_names=["x", "y", "z"])
    details, _ = analyse(folder, save(), tmp_path, labelled=False, cells=10)
    assert details["cells"] == {"1 y": 5, "2 z": 5}
    assert "the likeliest in predictions.parquet" in format_features(details)
    assert "10, drawn evenly over the classes of 17" in format_features(details)


def test_one_class_only(folder, save: Save, tmp_path: Path) -> None:
    folder.labels.write_text("ID,Label\n" + "".join(f"{image},3\n" for image in "abcd"))
    details, output = analyse(folder, save(), tmp_path)
    assert "needs two classes" in format_features(details)
    assert {path.stem for path in output.glob("*.png")} == {"patches", "embedding", "correlation"}
    assert "varies most between cells" in (output / "index.html").read_text()
    # An older page is replaced as a whole.
    analyse(folder, save(), tmp_path, method="t-sne")


def test_a_network_without_a_map(folder, save: Save, tmp_path: Path, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise InputError(found="no feature map", where="here")

    monkeypatch.setattr("stages.features.run.find_receptive_field", refuse)
    details, output = analyse(folder, save(), tmp_path)
    assert "test_efficientnet has no feature map" in format_features(details)
    assert {path.stem for path in output.glob("*.png")} == {"embedding", "correlation", "information"}


def test_the_first_of_several_folds(folder, save: Save, tmp_path: Path) -> None:
    for fold in (1, 0):
        save(f"folds/fold-{fold}", backbone="deepyeast" if fold else "gapnet-pl")
    details, _ = analyse(folder, tmp_path / "folds", tmp_path)
    assert "gapnet-pl" in details["facts"]["classifier"]
    assert "the first of 2 folds" in details["facts"]["classifier"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"layer": 9}, "layer = 9"),
        ({"labels": "ID,Label\na,0\n"}, "3 cells with a class, of 17"),
        ({"labels": "ID,Label\nzz,0\n"}, "none of the 6 images has a label"),
        ({"labels": "ID,Label\na,77\n"}, "label '77' is not a class"),
        ({"labelled": False}, "run `hpacells predict` first"),
        ({"model": "nowhere"}, "no such folder"),
    ],
)
def test_bad_input_leaves_nothing_behind(
    folder, save: Save, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    model = tmp_path / change.pop("model") if "model" in change else save()
    if "labels" in change:
        folder.labels.write_text(change.pop("labels"))
    with pytest.raises(InputError, match=told.replace("(", r"\(")):
        analyse(folder, model, tmp_path, **change)
    assert not (tmp_path / "work/features").exists()
