"""Distillation as a stage: what the student learns, from whom it starts, and what is refused."""

import logging
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.file_hash import hash_file
from data.labels.label_file import CLASS_NAMES, write_labels
from data.predictions.predictions_table import read_predictions, write_predictions
from data.text.toml_file import read_toml
from models.classifiers.ensemble.members import find_classifiers
from models.classifiers.model_folder import read_architecture
from stages.distil import run as stage
from stages.distil.paths import DistilInputs, DistilOutputs, TaughtFolder
from stages.distil.settings import DistilSettings
from stages.predict import run as predict_stage
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.settings import PredictSettings
from stages.train.settings import TrainSettings
from tests.factories.context import QuietContext
from tests.factories.training.on_tiles import train_on

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
    return read_predictions(path).filter(regex=r"^p_\d+$").to_numpy()


@pytest.mark.parametrize("shares_one", [True, False], ids=["softmax", "sigmoid"])
def test_a_student_of_a_constant_teacher_says_what_it_says(
    make_tiles, tiny: TrainSettings, tmp_path: Path, shares_one: bool
) -> None:
    folder = make_tiles(IMAGES)
    random = np.random.default_rng(4)
    constant = random.dirichlet(np.ones(CLASSES)) if shares_one else random.uniform(0.1, 0.9, CLASSES)
    # Without batch normalisation, whose statistics would need many more steps.
    recipe = TrainSettings.model_validate(
        tiny.model_dump()
        | {
            "backbone": {"name": "test_vit", "pretrained": "none"},
            "head": {"kind": "linear", "dropout": 0.0},
            "augment": {"probability": 0.0},
            "optimiser": {"learning_rate": 0.03, "weight_decay": 0.0, "lr_multipliers": [0.01, 1.0]},
            "fit": {"epochs": 60, "batch_size": 18},
        }
    )
    distil(folder, teach(folder, constant), recipe, tmp_path / "student")
    assert read_architecture(tmp_path / "student").mode == ("single-label" if shares_one else "multi-label")
    np.testing.assert_allclose(predict(folder, tmp_path / "student"), np.tile(constant, (18, 1)), atol=0.03)


def test_all_cells_are_learnt_from_and_the_folder_says_of_what(
    make_tiles, tiny: TrainSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_tiles(IMAGES | {"unlabelled": ()}, dropped={2: "too dark"})
    table = read_cells(folder.cells, ["image_id", "cell_id"])
    said = teach(folder, np.full(CLASSES, 1 / CLASSES), image_weight=0.5)
    asked = table.iloc[:6]
    unseen = folder.cells.with_name("unseen.parquet")
    write_predictions(
        unseen,
        asked["image_id"].tolist(),
        asked["cell_id"].to_numpy(),
        np.eye(CLASSES, dtype=np.float32)[np.zeros(6, int)],
    )
    with caplog.at_level(logging.INFO):
        distil(folder, said, tiny, tmp_path / "student", unseen=unseen)
    assert (
        "teacher: 20 cells with predictions are used, 5 of them with out-of-fold predictions" in caplog.text
    )
    record = read_toml(tmp_path / "student" / "model.toml")["training"]["distilled"]
    assert record["teacher_predictions_sha256"] == [hash_file(said)]
    assert record["teacher_out_of_fold_sha256"] == [hash_file(unseen)]
    assert (record["cells"], record["out_of_fold"], record["without_prediction"]) == (20, 5, 0)
    architecture = read_architecture(tmp_path / "student")
    assert (architecture.test_time_augmentation, architecture.image_weight) == (False, 0.5)


def test_a_student_starts_as_the_mean_of_its_teacher(
    make_tiles, tiny: TrainSettings, changed, tmp_path: Path
) -> None:
    folder = make_tiles(IMAGES)
    several = changed(tiny, split={"folds": 2, "fold": "all"}, fit={"epochs": 1})
    train_on(folder, tmp_path / "model", several, QuietContext())
    teachers = find_classifiers(tmp_path / "model")
    said = teach(folder, predict(folder, tmp_path / "model"))
    # So slow that it hardly leaves its start.
    recipe = changed(tiny, fit={"epochs": 1}, optimiser={"learning_rate": 1e-9, "weight_decay": 0.0})
    distil(folder, said, recipe, tmp_path / "student", teacher_dirs=teachers, passes=16)
    each = [load_file(path / "model.safetensors") for path in teachers]
    for name, weight in load_file(tmp_path / "student" / "model.safetensors").items():
        if "running_" not in name and weight.dtype == np.float32:
            np.testing.assert_allclose(weight, (each[0][name] + each[1][name]) / 2, atol=1e-6)
    record = read_toml(tmp_path / "student" / "model.toml")["training"]["distilled"]
    assert (record["teacher_networks"], record["teacher_passes"]) == (2, 16)
    other = changed(recipe, head={"embedding": 8})
    distil(folder, said, other, tmp_path / "other", teacher_dirs=teachers)
    assert read_architecture(tmp_path / "other").head != read_architecture(teachers[0]).head


def test_an_interrupted_student_resumes_to_the_same_weights(
    make_tiles, tiny: TrainSettings, changed, tmp_path: Path
) -> None:
    folder = make_tiles(IMAGES)
    recipe = changed(tiny, fit={"epochs": 3, "checkpoint_seconds": 0})
    said = teach(folder, np.random.default_rng(0).dirichlet(np.ones(CLASSES), 18))
    distil(folder, said, recipe, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        distil(folder, said, recipe, tmp_path / "parts", context=QuietContext(interrupt_after=5))
    context = distil(folder, said, recipe, tmp_path / "parts")
    assert context.descriptions == ["distil"]
    whole, parts = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    for name, weight in whole.items():
        np.testing.assert_array_equal(weight, parts[name])


def test_two_folders_are_learnt_from_as_one(
    make_tiles, tiny: TrainSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_tiles(IMAGES)
    said = [teach(folder, np.full(CLASSES, 1 / CLASSES), name=name) for name in ("one", "two")]
    taught = [TaughtFolder(folder.tiles, folder.cells, path) for path in said]
    settings = DistilSettings.model_validate({"folds": 3})
    with caplog.at_level(logging.INFO):
        report = stage.run(
            DistilInputs(taught, tiny), DistilOutputs(tmp_path / "student"), settings, QuietContext()
        )
    assert (report.counts["images"], report.counts["cells"]) == (12, 36)
    # An image that is in both is held out of both.
    assert report.details["validation_images"] % 2 == 0
    assert report.details["validation_cells"] > 0


def test_labels_are_averaged_with_what_is_said(
    make_tiles, tiny: TrainSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_tiles(IMAGES)
    said = teach(folder, np.full(CLASSES, 1 / CLASSES))
    write_labels(tmp_path / "some.csv", {"image1": (4,)})
    with caplog.at_level(logging.INFO):
        distil(
            folder,
            said,
            tiny,
            tmp_path / "student",
            labels_path=tmp_path / "some.csv",
            settings={"label_weight": 0.25},
        )
    assert "labels: 3 of the cells have some, which count 0.25 in their targets" in caplog.text
    with pytest.raises(InputError, match="0.25, which nothing would read.*give --labels CSV"):
        distil(folder, said, tiny, tmp_path / "student", settings={"label_weight": 0.25})
