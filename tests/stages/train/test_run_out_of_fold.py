"""Out-of-fold predictions of a training, and a second round with them."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from data.errors import InputError
from data.labels.label_file import write_labels
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import read_predictions
from data.tiles.batch_loader import BatchLoader
from data.tiles.tile_store import TileStore
from models.classifiers.ensemble.members import find_classifiers
from models.classifiers.inference import score_tiles
from models.classifiers.model_folder import read_classifier
from stages.evaluate import run as evaluate
from stages.evaluate.paths import EvaluateInputs, EvaluateOutputs
from stages.evaluate.settings import EvaluateSettings
from stages.predict import run as predict_stage
from stages.predict.paths import PredictInputs, PredictOutputs
from stages.predict.settings import PredictSettings
from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

pytestmark = pytest.mark.usefixtures("no_pictures")

SINGLE = {f"image{number}": (number % 2,) for number in range(6)}
SEVERAL = {"image6": (0, 1), "image7": (0, 2)}


@pytest.fixture
def tiny(tiny: TrainSettings, changed) -> TrainSettings:
    return changed(tiny, fit={"epochs": 1}, split={"folds": 2, "fold": "all"})


def run(folder, model: Path, settings: TrainSettings, context, **options):
    return train_on(folder, model, settings, context, **options)


def predict(folder, model: Path) -> np.ndarray:
    """What each fold's classifier says of all cells, (folds, n, classes)."""
    store, said = TileStore(folder.tiles), []
    for part in find_classifiers(model):
        classifier = read_classifier(part)
        loader = BatchLoader(store, np.arange(len(store)), classifier.architecture.tiles)
        scored = score_tiles(classifier, loader, batch_size=16, bfloat16=False)
        said.append(classifier.probabilities(torch.cat([logits for _, logits, _ in scored])).numpy())
    return np.stack(said)


def test_images_of_several_labels_are_predicted_and_softened(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_tiles(SINGLE | SEVERAL | {"none": ()}, dropped={19: "too dark"})
    table = pd.read_parquet(folder.cells)
    # Image 6 lies in a mosaic with image 0; image 7 is alone.
    table.loc[table["image_id"] == "image6", "group"] = "image0"
    table.to_parquet(folder.cells)
    first = tmp_path / "first.parquet"
    run(folder, tmp_path / "model", tiny, steps(), out_of_fold=first)
    said = read_predictions(first)
    kept = table[(table["dropped"] == "") & (table["image_id"] != "none")]
    assert (
        said[["image_id", "cell_id"]].to_numpy().tolist() == kept[["image_id", "cell_id"]].to_numpy().tolist()
    )
    probabilities = said.filter(regex=r"^p_\d+$").to_numpy()
    assert said["labels"].tolist() == [str(label) for label in probabilities.argmax(axis=1)]
    each = predict(folder, tmp_path / "model")[:, kept.index]
    by_fold = (np.abs(each - probabilities) < 1e-4).all(axis=2)
    images = kept["image_id"].to_numpy()
    assert (by_fold[:, images != "image7"].sum(axis=0) == 1).all()
    np.testing.assert_array_equal(
        by_fold[:, images == "image6"].all(axis=1), by_fold[:, images == "image0"].all(axis=1)
    )
    np.testing.assert_allclose(
        probabilities[images == "image7"], each.mean(axis=0)[images == "image7"], atol=1e-4
    )
    with caplog.at_level(logging.INFO):
        settings = changed(tiny, images="all", split={"fold": 0})
        run(folder, tmp_path / "second", settings, steps(), soft=first)
    assert (
        "softened labels: 18 cells of images with one label, 5 of images with several; 0 cells keep theirs"
    ) in caplog.messages


@pytest.mark.parametrize(
    ("setting", "value", "other"),
    [("test_time_augmentation", True, False), ("image_weight", 0.8, 0.2)],
)
def test_folds_that_average_predict_so(
    make_tiles,
    tiny: TrainSettings,
    changed,
    steps,
    tmp_path: Path,
    setting: str,
    value: float,
    other: float,
) -> None:
    folder, model = make_tiles(SINGLE), tmp_path / "model"
    run(folder, model, changed(tiny, **{setting: value}), steps(), out_of_fold=tmp_path / "oof.parquet")
    said = read_predictions(tmp_path / "oof.parquet").filter(regex=r"^p_\d+$").to_numpy()
    for asked, agrees in (("auto", True), (value, True), (other, False)):
        settings = PredictSettings.model_validate({"runtime": "torch", setting: asked})
        each = []
        for part in find_classifiers(model):
            output = tmp_path / "predictions.parquet"
            inputs = PredictInputs(folder.tiles, folder.cells, [part])
            predict_stage.run(inputs, PredictOutputs(output), settings, steps())
            each.append(read_predictions(output).filter(regex=r"^p_\d+$").to_numpy())
        by_fold = (np.abs(np.stack(each) - said) < 1e-6).all(axis=2)
        assert by_fold.any(axis=0).all() == agrees, asked


def test_evaluation_calls_as_the_folds_do(make_tiles, tiny: TrainSettings, steps, tmp_path: Path) -> None:
    folder, out_of_fold = make_tiles(SINGLE), tmp_path / "oof.parquet"
    run(folder, tmp_path / "model", tiny, steps(), out_of_fold=out_of_fold)
    inputs = EvaluateInputs(out_of_fold, folder.cells, folder.labels)
    report = evaluate.run(inputs, EvaluateOutputs(tmp_path / "evaluate"), EvaluateSettings(), steps())
    said = read_predictions(out_of_fold)
    likeliest = said.filter(regex=r"^p_\d+$").to_numpy().argmax(axis=1)
    found = [row["found"] for row in report.details["levels"][0]["classes"]]
    assert found == np.bincount(likeliest, minlength=19).tolist()


def test_a_cell_of_near_duplicates_that_were_removed(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(SINGLE)
    table = pd.read_parquet(folder.cells)
    random = np.random.default_rng(1)
    hashes = {image: random.bytes(32).hex() for image in SINGLE}
    table["image_hash"] = table["image_id"].map(hashes | {"image4": hashes["image0"]})
    table.to_parquet(folder.cells)
    settings = changed(tiny, data={"duplicates": "remove"})
    report = run(folder, tmp_path / "model", settings, steps(), out_of_fold=tmp_path / "oof.parquet")
    assert report.details["images"] == 5
    assert set(read_predictions(tmp_path / "oof.parquet")["image_id"]) == set(SINGLE)


def test_folds_that_cannot_be_are_trained_once(
    make_tiles, tiny: TrainSettings, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, out_of_fold = make_tiles({"a": (0,), "b": (1,), "c": (2,)}), tmp_path / "oof.parquet"
    out_of_fold.write_text("of an earlier training")
    context = steps()
    report = run(folder, tmp_path / "model", tiny, context, out_of_fold=out_of_fold)
    assert find_classifiers(tmp_path / "model") == [tmp_path / "model"]
    assert not list((tmp_path / "model").glob("checkpoint*"))
    assert context.done == context.total
    assert not report.details["validated"]
    assert not out_of_fold.exists()
    assert sum("too few" in message for message in caplog.messages) == 1


def test_thresholds_are_told_of_once(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = changed(tiny, thresholds={"kind": "one"})
    folder = make_tiles(SINGLE)
    run(folder, tmp_path / "model", settings, steps())
    assert not [message for message in caplog.messages if "thresholds" in message]
    # The only image of its class is never held out.
    write_labels(folder.labels, SINGLE | {"image5": (5,)})
    run(folder, tmp_path / "model", settings, steps())
    [told] = [message for message in caplog.messages if "thresholds" in message]
    name = read_label_set("hpa2021").names[5]
    assert f"no held-out cell of {name} (fold-0, fold-1): the threshold" in told


def test_a_weight_of_soft_labels_without_any(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(SINGLE)
    with pytest.raises(InputError, match=r"setting train.soft_weight: 0.5, .* give --labels oof") as caught:
        run(folder, tmp_path / "model", changed(tiny, soft_weight=0.5), steps())
    assert "\n" not in str(caught.value)


def test_labels_of_images_that_nearly_are_those_here_are_warned_of_once(
    make_tiles, tiny: TrainSettings, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, out_of_fold = make_tiles(SINGLE | SEVERAL), tmp_path / "oof.parquet"
    labels = {image: classes for image, classes in (SINGLE | SEVERAL).items() if image != "image7"}
    write_labels(folder.labels, labels | {"image7.png": SEVERAL["image7"]})
    run(folder, tmp_path / "model", tiny, steps(), out_of_fold=out_of_fold)
    [warning] = [message for message in caplog.messages if "have no label" in message]
    assert "1 of 8 images have no label; 1 of them differ by the ending of a file alone" in warning
    assert set(read_predictions(out_of_fold)["image_id"]) == set(labels)
