from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from data.cells import read_cells
from data.errors import InputError
from data.predictions import read_predictions
from data.tile_preparation import read_prepared
from data.tiles import TileStore
from models.classifiers.model_folder import load_classifier
from stages import predict, train
from stages.predict import PredictSettings
from stages.train import TrainSettings

CPU = PredictSettings(device="cpu", precision="float32", batch_size=4)
LABELS = {"a": (0,), "b": (1,), "c": (2,), "d": (0,), "e": (1,)}
COLUMNS = [f"p_{label}" for label in range(19)]


@pytest.fixture
def folder(make_tiles):
    return make_tiles(LABELS, dropped={4: "too small"})


@pytest.fixture
def model(folder, tiny: TrainSettings, steps, tmp_path: Path) -> Path:
    train.run(folder.tiles, folder.cells, folder.labels, tmp_path / "model", tiny, steps())
    return tmp_path / "model"


def run(folder, model: Path, settings: PredictSettings, context) -> pd.DataFrame:
    output = folder.tiles.parent / "predictions.parquet"
    predict.run(folder.tiles, folder.cells, model, output, settings, context)
    return read_predictions(output)


def compute(folder, model: Path, rows: np.ndarray, turn=lambda tiles: tiles) -> torch.Tensor:
    """Probabilities of some rows, one tile at a time, without any of the stage's machinery."""
    classifier = load_classifier(model)
    tiles = read_prepared(TileStore(folder.tiles), rows, classifier.architecture.tiles)
    with torch.inference_mode():
        return torch.cat(
            [
                classifier.probabilities(
                    classifier(turn(torch.from_numpy(tile).permute(2, 0, 1)[None])).logits
                )
                for tile in tiles
            ]
        )


@pytest.mark.parametrize("mode", ["single", "all"])
def test_each_row_has_the_probabilities_of_its_own_tile(
    folder, tiny: TrainSettings, steps, tmp_path: Path, mode
) -> None:
    settings = tiny.model_copy(update={"images": mode})
    train.run(folder.tiles, folder.cells, folder.labels, tmp_path / "model", settings, steps())
    context = steps()
    predictions = run(folder, tmp_path / "model", CPU, context)
    rows = np.delete(np.arange(15), 4)
    assert context.done == context.total == len(predictions) == 14
    table = read_cells(folder.cells).iloc[rows]
    assert predictions["image_id"].tolist() == table["image_id"].tolist()
    assert predictions["cell_id"].tolist() == table["cell_id"].tolist()
    expected = compute(folder, tmp_path / "model", rows)
    np.testing.assert_allclose(predictions[COLUMNS], expected, atol=1e-5)
    sums = predictions[COLUMNS].sum(axis=1)
    assert np.allclose(sums, 1, atol=1e-5) == (mode == "single")
    assert "embedding" not in predictions


def test_dropped_cells_on_demand(folder, model: Path, steps) -> None:
    predictions = run(folder, model, CPU.model_copy(update={"dropped": True}), steps())
    np.testing.assert_allclose(predictions[COLUMNS], compute(folder, model, np.arange(15)), atol=1e-5)


def test_the_embedding(folder, model: Path, steps) -> None:
    predictions = run(folder, model, CPU.model_copy(update={"embedding": True}), steps())
    embedding = torch.tensor(np.stack(predictions["embedding"].to_list()))
    assert embedding.shape == (14, 16)
    classifier = load_classifier(model)
    with torch.inference_mode():
        probabilities = classifier.probabilities(classifier.head.classify(embedding))
    np.testing.assert_allclose(predictions[COLUMNS], probabilities, atol=1e-5)


def test_the_mean_over_the_symmetries_of_the_square(folder, model: Path, steps) -> None:
    predictions = run(folder, model, CPU.model_copy(update={"test_time_augmentation": True}), steps())
    rows = np.delete(np.arange(15), 4)
    views = [
        compute(
            folder, model, rows, lambda tile, k=k, f=f: torch.rot90(tile.flip(2) if f else tile, k, (2, 3))
        )
        for k in range(4)
        for f in (False, True)
    ]
    np.testing.assert_allclose(predictions[COLUMNS], torch.stack(views).mean(dim=0), atol=1e-5)
    assert (views[0] - torch.stack(views).mean(dim=0)).abs().max() > 1e-4


def test_bfloat16_is_near(folder, model: Path, steps) -> None:
    exact = run(folder, model, CPU, steps())
    rough = run(folder, model, CPU.model_copy(update={"precision": "bfloat16"}), steps())
    np.testing.assert_allclose(rough[COLUMNS], exact[COLUMNS], atol=0.05)


def test_no_cell_is_left(make_tiles, folder, model: Path, steps) -> None:
    table = read_cells(folder.cells)
    table["dropped"] = "too dark"
    table.to_parquet(folder.cells)
    assert run(folder, model, CPU, steps()).empty


def test_no_model(folder, steps, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.toml: no such file"):
        run(folder, tmp_path / "nowhere", CPU, steps())


def test_tiles_of_another_table(folder, model: Path, steps) -> None:
    read_cells(folder.cells).iloc[:-1].to_parquet(folder.cells)
    with pytest.raises(InputError, match="15 tiles, but the cells table has 14 rows"):
        run(folder, model, CPU, steps())
