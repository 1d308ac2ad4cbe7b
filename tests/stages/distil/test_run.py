"""Distillation as a stage: what the student learns, from whom it starts, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from data.cells.cells_table import read_cells
from data.labels.label_file import CLASS_NAMES
from data.predictions.predictions_table import write_predictions
from models.classifiers.model_folder import read_architecture
from stages.distil import run as stage
from stages.distil.paths import DistilInputs, DistilOutputs, TaughtFolder
from stages.distil.settings import DistilSettings
from stages.predict import run as predict_stage
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.settings import PredictSettings
from stages.train.settings import TrainSettings
from tests.factories.context import QuietContext

pytestmark = pytest.mark.usefixtures("no_pictures")

IMAGES = {f"image{number}": (number % 3,) for number in range(6)}
CLASSES = len(CLASS_NAMES)


def teach(folder, probabilities: np.ndarray, *, name: str = "said", image_weight: float = 0.0) -> Path:
    """Write what a teacher says of all cells of a folder."""
    table = read_cells(folder.cells, ["image_id", "cell_id"])
    path = folder.cells.with_name(f"{name}.parquet")
    said = np.broadcast_to(probabilities, (len(table), CLASSES)).astype(np.float32)
    write_predictions(
        path, table["image_id"].tolist(), table["cell_id"].to_numpy(), said, image_weight=image_weight
    )
    return path


def distil(folder, said: Path, recipe: TrainSettings, model: Path, **more) -> QuietContext:
    settings = DistilSettings.model_validate(more.pop("settings", {}))
    taught = TaughtFolder(folder.tiles, folder.cells, said, more.pop("unseen", None))
    context = more.pop("context", None) or QuietContext()
    stage.run(DistilInputs([taught], recipe, **more), DistilOutputs(model), settings, context)
    return context


def predict(folder, model: Path, **settings) -> np.ndarray:
    path = folder.cells.with_name("predicted.parquet")
    options = PredictSettings.model_validate({"runtime": "torch"} | settings)
    predict_stage.run(
        PredictInputs(folder.tiles, folder.cells, [model]), PredictOutputs(path), options, QuietContext()
    )
    from data.predictions.predictions_table import read_predictions

    return read_predictions(path).filter(regex=r"^p_\d+$").to_numpy()


@pytest.mark.parametrize("shares_one", [True, False], ids=["softmax", "sigmoid"])
def test_a_student_of_a_constant_teacher_says_what_it_says(
    make_tiles, tiny: TrainSettings, changed, tmp_path: Path, shares_one: bool
) -> None:
    folder = make_tiles(IMAGES)
    constant = np.random.default_rng(4).dirichlet(np.ones(CLASSES)) if shares_one else np.full(CLASSES, 0.3)
    constant[0] += 0 if shares_one else 0.4
    recipe = changed(
        tiny,
        fit={"epochs": 30, "batch_size": 18},
        optimiser={"learning_rate": 0.02, "weight_decay": 0.0},
        augment={"probability": 0.0},
        head={"dropout": 0.0},
    )
    distil(folder, teach(folder, constant), recipe, tmp_path / "student")
    assert read_architecture(tmp_path / "student").mode == ("single-label" if shares_one else "multi-label")
    np.testing.assert_allclose(predict(folder, tmp_path / "student"), np.tile(constant, (18, 1)), atol=0.04)
