"""Training a head on features that are computed once, against training with the backbone in every epoch."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from data.errors import InputError
from data.predictions.prediction_blocks import BlocksInMemory
from data.tiles.tile_store import TileStore
from models.classifiers.ensemble.members import read_members
from models.classifiers.ensemble.prediction import PredictionOptions, open_runtime, predict_cells
from stages.train import frozen_features
from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

IMAGES = {f"image{number:02}": (number % 3,) for number in range(12)}
SEVERAL = {f"image{number:02}": (number % 3, 3 + number % 2) for number in range(12)}
TIMES = ["seconds", "tiles_per_second", "wait_seconds"]

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def frozen(tiny: TrainSettings) -> TrainSettings:
    values = tiny.model_dump(exclude={"augment"})
    values["backbone"]["frozen"] = "all"
    # Adam, or batch normalisation of what hardly differs, would magnify the rounding of features.
    values |= {"head": {"kind": "linear"}, "optimiser": {"kind": "sgd", "learning_rate": 0.02}}
    return TrainSettings.model_validate(values)


@pytest.fixture
def packaged(frozen: TrainSettings) -> TrainSettings:
    """A network whose features differ from cell to cell, and a head with batch normalisation."""
    values = frozen.model_dump(exclude={"head"}) | {"backbone": {"frozen": "all"}}
    return TrainSettings.model_validate(values)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tiles the backbone was run on to be kept, batch by batch."""
    counts: list[int] = []
    compute = frozen_features.compute_features

    def spy(*arguments: Any, **options: Any):
        for items, features in compute(*arguments, **options):
            counts.append(len(items))
            yield items, features

    monkeypatch.setattr(frozen_features, "compute_features", spy)
    return counts


def read_metrics(model: Path) -> pd.DataFrame:
    return pd.read_csv(model / "metrics.csv").drop(columns=TIMES)


def assert_same_classifier(found: Path, expected: Path) -> None:
    weights, others = (load_file(model / "model.safetensors") for model in (found, expected))
    assert weights.keys() == others.keys()
    for name, weight in weights.items():
        torch.testing.assert_close(weight, others[name], rtol=1e-3, atol=2e-4, msg=name)
    pd.testing.assert_frame_equal(read_metrics(found), read_metrics(expected), rtol=1e-3)


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"images": "all"},
        {"loss": {"triplet": {"weight": 0.5, "mining": "all"}}},
        {"fit": {"ema_decay": 0.9, "class_balanced_sampling": True, "accumulation_steps": 2}},
        {"test_time_augmentation": True, "image_weight": 0.5},
        {"data": {"synthetic_negative_fraction": 0.3, "max_oversampling": 3}},
        {"phases": [{"epochs": 2, "train": "head"}, {"epochs": 1, "train": "all"}]},
        {
            "head": {"kind": "linear", "dropout": 0.2},
            "fit": {"monitor": "loss"},
        },
    ],
    ids=["plain", "all", "triplet", "average", "symmetries", "negatives", "phases", "linear"],
)
def test_the_classifier_is_that_of_a_training_without_computed_features(
    make_tiles, packaged: TrainSettings, changed, steps, tmp_path: Path, runs: list[int], sections
) -> None:
    folder = make_tiles(SEVERAL if sections.get("images") == "all" else IMAGES)
    values = packaged.model_dump() | ({"loss": {}} if "images" in sections else {})
    if "kind" in sections.get("head", {}):
        values["head"] = {}
    for name, value in sections.items():
        values[name] = values[name] | value if isinstance(value, dict) else value
    settings = TrainSettings.model_validate(values)
    context = steps()
    train_on(folder, tmp_path / "cached", settings, context)
    assert context.done == context.total + sum(runs)
    assert sum(runs) >= 36
    before = sum(runs)
    train_on(folder, tmp_path / "plain", changed(settings, cache_features="never"), steps())
    assert sum(runs) == before
    assert_same_classifier(tmp_path / "cached", tmp_path / "plain")


def train(folder, model: Path, settings: TrainSettings, context: Any, **options: Any) -> Any:
    return train_on(folder, model, settings, context, **options)


def test_all_folds_and_later_trainings_share_the_features(
    make_tiles, frozen: TrainSettings, changed, steps, tmp_path: Path, runs: list[int]
) -> None:
    folder = make_tiles(IMAGES | {"image12": (0, 4)})
    settings = changed(frozen, split={"folds": 3, "fold": "all"})
    train(folder, tmp_path / "model", settings, steps(), out_of_fold=tmp_path / "oof.parquet")
    # The cells of the image with two labels are predicted, too.
    assert sum(runs) == 39
    train(
        folder, tmp_path / "model", changed(settings, head={"dropout": 0.5}, fit={"batch_size": 5}), steps()
    )
    train(folder, tmp_path / "model", changed(settings, images="all"), steps())
    assert sum(runs) == 39


def test_predictions_are_those_of_the_computed_features(
    make_tiles, frozen: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(IMAGES | {"image12": (0, 4)})
    settings = changed(frozen, split={"folds": 3, "fold": "all"}, image_weight=0.3)
    train(folder, tmp_path / "model", settings, steps(), out_of_fold=tmp_path / "oof.parquet")
    found = pd.read_parquet(tmp_path / "oof.parquet").set_index(["image_id", "cell_id"])
    cells, store = pd.read_parquet(folder.cells), TileStore(folder.tiles)
    columns = [f"p_{number}" for number in range(19)]
    for fold in range(3):
        (member,) = read_members([tmp_path / "model" / f"fold-{fold}"])
        rows = np.arange(len(store))
        predicted = predict_cells(
            [member],
            store,
            cells,
            rows,
            lambda each: open_runtime(each, "torch"),
            PredictionOptions(8),
            BlocksInMemory(),
        )
        table = found[found["fold"] == fold] if "fold" in found else found
        index = pd.MultiIndex.from_frame(cells[["image_id", "cell_id"]])
        expected = pd.DataFrame(predicted.probabilities, index=index, columns=columns)
        close = np.isclose(expected.loc[table.index], table[columns], atol=1e-4).all(axis=1)
        assert close.sum() >= 12


@pytest.mark.parametrize("change", ["tiles", "weights", "preparation", "statistics"])
def test_features_of_something_else_are_computed_again(
    make_tiles, frozen: TrainSettings, changed, steps, tmp_path: Path, runs: list[int], change: str
) -> None:
    folder, settings = make_tiles(IMAGES), frozen
    train(folder, tmp_path / "model", settings, steps())
    (earlier,) = (path for path in (tmp_path / "frozen_features").iterdir() if path.is_dir())
    if change == "tiles":
        shutil.rmtree(folder.tiles)
        make_tiles({name: (2 - classes[0],) for name, classes in IMAGES.items()})
    elif change == "weights":
        # Those of random numbers are made from the seed.
        settings = changed(settings, backbone={"pretrained": "none"}, seed=5)
    elif change == "preparation":
        settings = changed(settings, tiles={"contrast_stretch": "all"})
    else:
        settings = changed(settings, tiles={"channels": ["red", "green"]})
    train(folder, tmp_path / "model", settings, steps())
    assert sum(runs) == 72
    train(folder, tmp_path / "plain", changed(settings, cache_features="never"), steps())
    if change != "weights":
        assert_same_classifier(tmp_path / "model", tmp_path / "plain")
    left = [path for path in (tmp_path / "frozen_features").iterdir() if path.is_dir()]
    assert len(left) == 1
    assert left != [earlier]


def test_a_folder_that_is_none_of_ours_stays(
    make_tiles, frozen: TrainSettings, steps, tmp_path: Path
) -> None:
    for name in ("mine", "mine-0123456789abcdef0"):
        (tmp_path / "frozen_features" / name).mkdir(parents=True)
    train(make_tiles(IMAGES), tmp_path / "model", frozen, steps())
    assert len([path for path in (tmp_path / "frozen_features").iterdir() if path.is_dir()]) == 3


@pytest.mark.parametrize("sections", [{}, {"data": {"synthetic_negative_fraction": 0.5}}])
def test_an_interrupted_training_computes_no_features_twice(
    make_tiles, frozen: TrainSettings, changed, steps, tmp_path: Path, runs: list[int], sections
) -> None:
    images = {f"image{number:02}": (number % 3,) for number in range(24)}
    folder, settings = make_tiles(images), changed(frozen, fit={"checkpoint_seconds": 0}, **sections)
    train(folder, tmp_path / "whole", settings, steps())
    whole = sum(runs)
    shutil.rmtree(tmp_path / "frozen_features")
    runs.clear()
    # In the features, in the first epoch, in the last.
    for interrupt_after in (1, 36, 5, 18):
        with pytest.raises(KeyboardInterrupt):
            train(folder, tmp_path / "parts", settings, steps(interrupt_after))
    context = steps()
    train(folder, tmp_path / "parts", settings, context)
    assert sum(runs) == whole
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("parts", "whole")]
    for name, weight in weights[0].items():
        torch.testing.assert_close(weight, weights[1][name], rtol=1e-3, atol=2e-4)


def test_a_checkpoint_with_the_backbone_is_not_taken_for_one_of_the_head(
    make_tiles, frozen: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder, settings = make_tiles(IMAGES), changed(frozen, fit={"checkpoint_seconds": 0})
    never = changed(settings, cache_features="never")
    for first, second in ((never, settings), (settings, never)):
        with pytest.raises(KeyboardInterrupt):
            train(folder, tmp_path / "model", first, steps(interrupt_after=2))
        train(folder, tmp_path / "model", second, steps())
    train(folder, tmp_path / "plain", never, steps())
    assert_same_classifier(tmp_path / "model", tmp_path / "plain")


def test_damaged_features_are_computed_again(
    make_tiles, frozen: TrainSettings, steps, tmp_path: Path, runs: list[int]
) -> None:
    folder = make_tiles(IMAGES)
    train(folder, tmp_path / "whole", frozen, steps())
    (path,) = (tmp_path / "frozen_features").glob("*/cells.npy")
    features = np.load(path, mmap_mode="r+")
    features[[3, 20]] = 1e6
    features.flush()
    runs.clear()
    train(folder, tmp_path / "model", frozen, steps())
    assert sum(runs) == 2
    assert_same_classifier(tmp_path / "model", tmp_path / "whole")


def test_a_setting_that_contradicts_is_refused_before_anything_is_written(
    make_tiles, frozen: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    settings = changed(frozen, cache_features="always", tiles={"size": 32, "crop": 16})
    with pytest.raises(InputError, match=r"train\.cache_features.*train\.tiles\.crop = 16"):
        train(make_tiles(IMAGES), tmp_path / "model", settings, steps())
    assert not (tmp_path / "model").exists()
    assert not (tmp_path / "frozen_features").exists()


def test_weights_are_averaged_with_the_initial_ones(
    make_tiles, packaged: TrainSettings, changed, steps, tmp_path: Path
) -> None:
    folder = make_tiles(IMAGES)
    bundled = {"initial_weights": "simhpa19", "initial_weight_fraction": 0.4, "head": {"embedding": 256}}
    settings = changed(packaged, **bundled, backbone={"name": "tf_efficientnet_lite1"})
    train(folder, tmp_path / "cached", settings, steps())
    train(folder, tmp_path / "plain", changed(settings, cache_features="never"), steps())
    assert_same_classifier(tmp_path / "cached", tmp_path / "plain")
