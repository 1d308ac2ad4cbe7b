import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from data.errors import InputError
from data.labels.label_file import write_labels
from data.software.versions import library_versions
from models.classifiers.backbones.settings import BackboneSettings
from models.classifiers.model_folder import read_classifier
from models.training import checkpoint
from stages.train import fold
from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

TIMES = ["seconds", "tiles_per_second", "wait_seconds"]
THREE_CLASSES = {f"image{number}": (number % 3,) for number in range(12)}
BUNDLED = {
    "initial_weight_fraction": 0.4,
    "test_time_augmentation": True,
    "image_weight": 0.25,
    "backbone": {"name": "tf_efficientnet_lite1"},
    "head": {"embedding": 256},
}
RECIPES = Path(__file__).parents[3] / "configs" / "recipes"


def run(folder, model: Path, settings: TrainSettings, context):
    return train_on(folder, model, settings, context)


def read_metrics(model: Path) -> pd.DataFrame:
    return pd.read_csv(model / "metrics.csv")


def test_a_model_folder_is_written(make_tiles, tiny: TrainSettings, steps, tmp_path: Path) -> None:
    folder = make_tiles(THREE_CLASSES | {"none": ()}, dropped={0: "too small"})
    context = steps()
    report = run(folder, tmp_path / "model", tiny, context)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        *("curves.png", "metrics.csv", "model.safetensors", "model.toml"),
    ]
    metrics = read_metrics(tmp_path / "model")
    assert metrics["epoch"].tolist() == [1, 2, 3]
    assert metrics.notna().all(axis=None)
    assert (metrics["wait_seconds"] > 0).all()
    assert context.done == context.total
    assert report.counts["images"] == 12
    assert report.counts["training cells"] + report.counts["validation cells"] == 35
    assert report.counts["images without label"] == 1
    assert report.details["validated"]
    description = tomllib.loads((tmp_path / "model" / "model.toml").read_text())
    assert description["training"]["seed"] == tiny.seed
    assert TrainSettings.model_validate(description["training"]["settings"]) == tiny
    assert read_classifier(tmp_path / "model").architecture.mode == "single-label"


@pytest.mark.slow
def test_it_learns(make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path) -> None:
    images = {f"image{number}": (number % 3,) for number in range(30)}
    settings = changed(tiny, fit={"epochs": 12}, augment={"probability": 0.0})
    report = run(make_tiles(images), tmp_path / "model", settings, steps())
    assert report.details["val_map"] > 0.9
    assert report.details["best_epoch"] == read_metrics(tmp_path / "model")["val_map"].idxmax() + 1


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"fit": {"ema_decay": 0.9, "class_balanced_sampling": True}},
        {"loss": {"triplet": {"weight": 0.5, "mining": "all"}}},
        {"images": "all"},
        {"initial_weights": "simhpa19"} | BUNDLED,
    ],
    ids=["plain", "average", "triplet", "all", "start"],
)
def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, sections
) -> None:
    folder = make_tiles(THREE_CLASSES)
    settings = changed(changed(tiny, **sections), fit={"checkpoint_seconds": 0})
    whole = steps()
    run(folder, tmp_path / "whole", settings, whole)
    batches = whole.total // settings.fit.epochs
    assert batches >= 3
    for interrupt_after in (batches + 1, 2 * batches):
        context = steps(interrupt_after)
        with pytest.raises(KeyboardInterrupt):
            run(folder, tmp_path / "parts", settings, context)
        assert not (tmp_path / "parts" / "model.toml").exists()
    context = steps()
    run(folder, tmp_path / "parts", settings, context)
    assert context.done == context.total == whole.total
    pd.testing.assert_frame_equal(
        read_metrics(tmp_path / "parts").drop(columns=TIMES),
        read_metrics(tmp_path / "whole").drop(columns=TIMES),
        check_exact=True,
    )
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("parts", "whole")]
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())
    assert not (tmp_path / "parts" / "checkpoint.pt").exists()


def test_a_checkpoint_of_other_settings_is_not_gone_on_with(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(THREE_CLASSES)
    settings = changed(tiny, fit={"checkpoint_seconds": 0})
    with pytest.raises(KeyboardInterrupt):
        run(folder, tmp_path / "model", settings, steps(interrupt_after=5))
    run(folder, tmp_path / "model", changed(settings, seed=2), steps())
    run(folder, tmp_path / "fresh", changed(settings, seed=2), steps())
    pd.testing.assert_frame_equal(
        read_metrics(tmp_path / "model").drop(columns=TIMES),
        read_metrics(tmp_path / "fresh").drop(columns=TIMES),
    )


def test_a_checkpoint_of_another_opencv_is_not_gone_on_with(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog, monkeypatch
) -> None:
    folder = make_tiles(THREE_CLASSES)
    settings = changed(tiny, fit={"checkpoint_seconds": 0})
    with monkeypatch.context() as earlier:
        earlier.setattr(checkpoint, "library_versions", lambda: library_versions() | {"opencv": "4.14.0"})
        with pytest.raises(KeyboardInterrupt):
            run(folder, tmp_path / "model", settings, steps(interrupt_after=5))
    run(folder, tmp_path / "model", settings, steps())
    [message] = [text for text in caplog.messages if "OpenCV" in text]
    assert "checkpoint written with OpenCV 4.14.0 (" in message
    run(folder, tmp_path / "fresh", settings, steps())
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("model", "fresh")]
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())


@pytest.mark.parametrize(
    "labels",
    [
        {"a": (17,), "b": (0, 16), "c": (0, 2, 5), "d": (7, 16)},
        {"a": (17,), "b": (3,)},
        {"a": (17,), "b": (17,)},
    ],
    ids=["one image", "one image a class", "one class"],
)
def test_too_few_images_to_hold_some_out(
    make_tiles, tiny: TrainSettings, steps, tmp_path: Path, labels, caplog: pytest.LogCaptureFixture
) -> None:
    report = run(make_tiles(labels), tmp_path / "model", tiny, steps())
    metrics = read_metrics(tmp_path / "model")
    assert np.isfinite(metrics["train_loss"]).all()
    if not report.details["validated"]:
        assert "training without validation" in caplog.text
        assert metrics["val_map"].isna().all()
        assert report.details["best_epoch"] == 3
    assert report.details["validated"] == (labels == {"a": (17,), "b": (17,)})


def test_a_single_cell(make_tiles, tiny: TrainSettings, steps, tmp_path: Path) -> None:
    folder = make_tiles({"a": (17,)}, dropped={0: "too small", 2: "too dark"})
    report = run(folder, tmp_path / "model", tiny, steps())
    assert report.counts["training cells"] == 1


def test_no_image_is_on_both_sides(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, monkeypatch
) -> None:
    sides = {}

    class Spy(fold.Trainer):
        def __init__(self, training_step, *arguments, **options):
            data = training_step.data
            sides["training"], sides["validation"] = data.loader._rows, data.validation_loader._rows
            super().__init__(training_step, *arguments, **options)

    monkeypatch.setattr(fold, "Trainer", Spy)
    folder = make_tiles(THREE_CLASSES)
    run(folder, tmp_path / "model", changed(tiny, fit={"epochs": 1}), steps())
    images = pd.read_parquet(folder.cells)["image_id"].to_numpy()
    training, validation = set(images[sides["training"]]), set(images[sides["validation"]])
    assert training | validation == set(THREE_CLASSES)
    assert not training & validation
    assert len(validation) == 3


def test_training_stops_when_nothing_improves(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    settings = changed(
        tiny, fit={"epochs": 30, "early_stopping_patience": 2}, optimiser={"learning_rate": 1e-12}
    )
    report = run(make_tiles(THREE_CLASSES), tmp_path / "model", settings, steps())
    assert report.details["epochs"] == report.details["best_epoch"] + 2 < 30


def test_a_loss_that_is_no_number(make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path) -> None:
    settings = changed(
        tiny, optimiser={"learning_rate": 1e30, "max_grad_norm": 0.0}, lr_schedule={"warmup_fraction": 0.0}
    )
    with pytest.raises(InputError, match="lower optimiser.learning_rate"):
        run(make_tiles(THREE_CLASSES), tmp_path / "model", settings, steps())


def test_labels_of_other_images_only(make_tiles, tiny: TrainSettings, steps, tmp_path: Path) -> None:
    folder = make_tiles(THREE_CLASSES)
    write_labels(folder.labels, {"other": (1,)})
    with pytest.raises(InputError, match=r"train\.csv: none of the 12 images has a label"):
        run(folder, tmp_path / "model", tiny, steps())


def test_no_single_label_image(make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path) -> None:
    folder = make_tiles({"a": (0, 1), "b": (1, 2)})
    with pytest.raises(InputError, match='images = "all"'):
        run(folder, tmp_path / "model", tiny, steps())
    report = run(folder, tmp_path / "model", changed(tiny, images="all"), steps())
    assert report.counts["images"] == 2
    assert read_classifier(tmp_path / "model").architecture.mode == "multi-label"


def test_tiles_of_another_table(make_tiles, tiny: TrainSettings, steps, tmp_path: Path) -> None:
    folder = make_tiles(THREE_CLASSES)
    pd.read_parquet(folder.cells).iloc[:-1].to_parquet(folder.cells)
    with pytest.raises(InputError, match="36 tiles, but the cells table has 35 rows"):
        run(folder, tmp_path / "model", tiny, steps())


@pytest.mark.parametrize(
    "values",
    [
        {"optimizer": {}},
        {"tiles": {"sise": 128}},
        {"split": {"folds": 5, "fold": 5}},
        {"images": "all", "loss": {"triplet": {"weight": 1.0}}},
        {"tiles": {"channels": ["green", "infrared"]}},
    ],
)
def test_settings_that_cannot_be(values) -> None:
    with pytest.raises(ValidationError):
        TrainSettings.model_validate(values)


def test_the_default_recipe_has_every_setting() -> None:
    recipe = tomllib.loads((RECIPES / "hpacells.toml").read_text())
    settings = TrainSettings.model_validate(recipe)
    assert set(recipe) == set(TrainSettings.model_fields)
    for name in (name for name in recipe if isinstance(recipe[name], dict)):
        # The kind of loss goes with the images, so that these can be changed by themselves; the preset of the
        # tiles is that of those that are there.
        chosen = {"loss": {"kind"}, "tiles": {"preset"}}.get(name, set())
        assert set(recipe[name]) | chosen == set(getattr(settings, name).model_dump()), name


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_recipes_are_settings(path: Path) -> None:
    names = str(BackboneSettings.model_fields["name"].description)
    if path.stem == "subcell-head" and "subcell-rybg" not in names:
        pytest.skip("the network of SubCell is not there yet")
    TrainSettings.model_validate(tomllib.loads(path.read_text()))
