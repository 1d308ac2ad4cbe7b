from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from data.predictions.predictions_table import read_predictions
from data.tiles.preparation import read_prepared
from data.tiles.tile_store import TileStore
from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.model_folder import DESCRIPTION, read_classifier, save_classifier
from stages.predict import run as predict
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.settings import PredictSettings

EXACT = PredictSettings(runtime="torch", batch_size=4)
LABELS = {"a": (0,), "b": (1,), "c": (2,), "d": (0,), "e": (1,)}
ROWS = np.delete(np.arange(15), 4)
COLUMNS = [f"p_{label}" for label in range(19)]

Save = Callable[..., Path]
Weights = Callable[[str, Architecture, Path], dict[str, torch.Tensor]]


def spread(classifier: Classifier, tiles: Path) -> None:
    """Let normalisations see the tiles, so that the probabilities differ from tile to tile."""
    seen = read_prepared(TileStore(tiles), np.arange(15), classifier.architecture.tiles)
    for _ in range(20):
        classifier.train()(torch.from_numpy(seen).permute(0, 3, 1, 2))


@pytest.fixture
def folder(make_tiles):
    return make_tiles(LABELS, dropped={4: "too small"})


@pytest.fixture(scope="session")
def weights() -> Weights:
    """Random weights of a small classifier whose normalisations saw the tiles, made once for all tests."""
    made: dict[tuple[str, str], dict[str, torch.Tensor]] = {}

    def make(name: str, architecture: Architecture, tiles: Path) -> dict[str, torch.Tensor]:
        key = name, architecture.model_dump_json()
        if key not in made:
            torch.manual_seed(sum(name.encode()))
            classifier = Classifier(architecture)
            spread(classifier, tiles)
            made[key] = classifier.state_dict()
        return made[key]

    return make


@pytest.fixture
def save(folder, weights: Weights, tmp_path: Path) -> Save:
    """Write the folder of a small classifier with random weights."""

    def save(
        name: str,
        *,
        mode: str = "single-label",
        size: int = 32,
        thresholds: object = None,
        image_weight: float = 0.0,
    ) -> Path:
        architecture = Architecture.model_validate(
            {
                "mode": mode,
                "tiles": {"size": size},
                "image_weight": image_weight,
                "normalisation": {"mean": [0.3] * 4, "deviation": [0.2] * 4},
                "backbone": {"name": "test_efficientnet", "pretrained": "none"},
                "head": {"embedding": 16},
            }
        )
        save_classifier(tmp_path / name, architecture, weights(name, architecture, folder.tiles), {})
        if thresholds is not None:
            description = tmp_path / name / DESCRIPTION
            description.write_text(f"{description.read_text()}\n[thresholds]\nvalues = {thresholds}\n")
        return tmp_path / name

    return save


@pytest.fixture
def model(save: Save) -> Path:
    return save("model")


def run(folder, models: Path | list[Path], settings: PredictSettings, context) -> pd.DataFrame:
    output = folder.tiles.parent / "predictions.parquet"
    models = [models] if isinstance(models, Path) else models
    inputs = PredictInputs(folder.tiles, folder.cells, models)
    predict.run(inputs, PredictOutputs(output), settings, context)
    return read_predictions(output)


def compute(folder, model: Path, rows: np.ndarray = ROWS) -> np.ndarray:
    """Probabilities of some rows, one tile at a time, without any of the stage's machinery."""
    classifier = read_classifier(model)
    tiles = read_prepared(TileStore(folder.tiles), rows, classifier.architecture.tiles)
    with torch.inference_mode():
        batches = [torch.from_numpy(tile).permute(2, 0, 1)[None] for tile in tiles]
        return torch.cat([classifier.probabilities(classifier(one).logits) for one in batches]).numpy()
