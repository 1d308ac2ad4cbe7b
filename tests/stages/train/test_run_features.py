"""Training a head on features that are computed once, against training with the backbone in every epoch."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from stages.train import frozen_features
from stages.train.settings import TrainSettings
from tests.factories.training import train_on

IMAGES = {f"image{number:02}": (number % 3,) for number in range(12)}
SEVERAL = {f"image{number:02}": (number % 3, 3 + number % 2) for number in range(12)}
TIMES = ["seconds", "tiles_per_second", "wait_seconds"]

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def frozen(tiny: TrainSettings) -> TrainSettings:
    values = tiny.model_dump(exclude={"augment"})
    # Random weights give features that hardly differ, of which batch normalisation would magnify the rounding.
    values["backbone"] = {"frozen": "all"}
    # A bias before batch normalisation has a gradient of nothing but rounding, which Adam would magnify.
    values["optimiser"] = {"kind": "sgd", "learning_rate": 0.02}
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
        torch.testing.assert_close(weight, others[name], rtol=1e-4, atol=1e-5, msg=name)
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
    make_tiles, frozen: TrainSettings, changed, steps, tmp_path: Path, runs: list[int], sections
) -> None:
    folder = make_tiles(SEVERAL if sections.get("images") == "all" else IMAGES)
    values = frozen.model_dump() | ({"loss": {}} if "images" in sections else {})
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
