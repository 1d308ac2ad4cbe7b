"""Settings under the names of the version before: they work, and each is reported with its new name."""

from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.config.config import load_config
from stages.inspect.settings import InspectSettings
from stages.predict.settings import PredictSettings
from stages.segmenter.train_settings import TrainSegmenterSettings
from stages.train.settings import TrainSettings

OLD = """
images = "single"
start = "simhpa19"
start_share = 0.25
symmetries = true
image_share = 0.5
memory_gib = 1.5
phases = [{ epochs = 2, loss = { kind = "cross-entropy", hardest = 0.7 } }]
[tiles]
stretch = "all"
mask_neighbours = true
[data]
at_least = 7
negatives = 0.1
oversample = 2.0
[loss]
hardest = 0.5
[loss.weights]
kind = "balanced"
most = 4.0
[optimiser]
most_gradient = 2.0
group_factors = [0.5, 1.0]
[rate]
kind = "cosine"
warm_up = 0.2
final = 0.1
[schedule]
average = 0.9
accumulate = 2
balanced = true
patience = 3
"""

NEW = """
images = "single"
initial_weights = "simhpa19"
initial_weight_fraction = 0.25
test_time_augmentation = true
image_weight = 0.5
tile_cache_gib = 1.5
phases = [{ epochs = 2, loss = { kind = "cross-entropy", hard_example_fraction = 0.7 } }]
[tiles]
contrast_stretch = "all"
neighbours = "mask"
[data]
min_cells_per_class = 7
synthetic_negative_fraction = 0.1
max_oversampling = 2.0
[loss]
hard_example_fraction = 0.5
[loss.weights]
kind = "balanced"
max_ratio = 4.0
[optimiser]
max_grad_norm = 2.0
lr_multipliers = [0.5, 1.0]
[lr_schedule]
kind = "cosine"
warmup_fraction = 0.2
final_lr_fraction = 0.1
[fit]
ema_decay = 0.9
accumulation_steps = 2
class_balanced_sampling = true
early_stopping_patience = 3
"""

RENAMED = {
    "train.start": "train.initial_weights",
    "train.tiles.mask_neighbours": "train.tiles.neighbours",
    "train.phases.loss.hardest": "train.phases.loss.hard_example_fraction",
    "train.loss.weights.most": "train.loss.weights.max_ratio",
    "train.rate": "train.lr_schedule",
    "train.lr_schedule.warm_up": "train.lr_schedule.warmup_fraction",
    "train.fit.patience": "train.fit.early_stopping_patience",
}


def train(recipe: Path) -> TrainSettings:
    return load_config(None, recipe=str(recipe)).settings("train", TrainSettings)


def test_a_recipe_with_old_names_is_one_with_new_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in (("old", OLD), ("new", NEW)):
        (tmp_path / f"{name}.toml").write_text(text)
    new = train(tmp_path / "new.toml")
    assert not caplog.records
    assert train(tmp_path / "old.toml") == new
    for old_name, new_name in RENAMED.items():
        message = f"old.toml: {old_name} is called {new_name} now; the old name works in this version only"
        assert sum(record.getMessage().endswith(message) for record in caplog.records) == 1
    assert len(caplog.records) == 23


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("train.start=''", "train.initial_weights=''"),
        ("train.rate.final=0.5", "train.lr_schedule.final_lr_fraction=0.5"),
        ("train.rate.kind=constant", "train.lr_schedule.kind=constant"),
        ("train.schedule.epochs=2", "train.fit.epochs=2"),
        ("train.tiles.mask_neighbours=true", "train.tiles.neighbours=mask"),
        ("train.tiles.mask_neighbours=false", "train.tiles.neighbours=keep"),
        ('train.loss={kind="focal", hardest=0.5}', 'train.loss={kind="focal", hard_example_fraction=0.5}'),
    ],
)
def test_an_assignment_with_an_old_name(old: str, new: str, caplog: pytest.LogCaptureFixture) -> None:
    expected = load_config(None, [new]).settings("train", TrainSettings)
    assert not [record for record in caplog.records if "is called" in record.getMessage()]
    assert load_config(None, [old]).settings("train", TrainSettings) == expected
    reported = [record.getMessage() for record in caplog.records if "is called" in record.getMessage()]
    assert len(reported) == 1
    assert "works in this version only" in reported[0]


def test_other_sections(tmp_path: Path) -> None:
    file = tmp_path / "old.toml"
    file.write_text(
        "[predict]\nimage_share = 0.3\n[inspect]\ncells_a_page = 7\n"
        "[segmenter.schedule]\nsteps = 5\naverage = 0.5\n[segmenter.rate]\nfinal = 0.2\n"
    )
    config = load_config(file)
    assert config.settings("predict", PredictSettings).image_weight == 0.3
    assert config.settings("inspect", InspectSettings).cells_per_page == 7
    segmenter = config.settings("segmenter", TrainSegmenterSettings)
    assert (segmenter.fit.steps, segmenter.fit.ema_decay) == (5, 0.5)
    assert segmenter.lr_schedule.final_lr_fraction == 0.2


def test_both_names_of_one_setting_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "both.toml"
    file.write_text("[train]\nstart = ''\ninitial_weights = 'simhpa19'\n")
    with pytest.raises(InputError, match=r"train\.initial_weights, also under its old name"):
        load_config(file)


def test_an_unknown_name_is_still_unknown() -> None:
    with pytest.raises(InputError, match="unknown setting train.strat"):
        load_config(None, ["train.strat=1"]).settings("train", TrainSettings)
