import logging
import tomllib
from pathlib import Path
from typing import Literal

import pytest

from data.augment.rotate_mirror import RotateMirrorAugmentation
from data.errors import InputError
from models.losses.class_weights.settings import EffectiveNumberSettings
from models.losses.settings import SoftF1Settings
from models.training.lr_schedules.plateau import PlateauSettings
from models.training.lr_schedules.restarts import RestartsSettings
from models.training.optimisers.settings import SgdSettings
from pipeline.config.config import find_recipe, load_config
from stages.predict.settings import PredictSettings
from stages.segment.settings import SegmentSettings
from stages.stage import StageSettings
from stages.train.settings import TrainSettings


class CropsSettings(StageSettings):
    neighbours: Literal["mask", "keep"] = "mask"
    min_area: float = 35.0


def crops(file: Path | None = None, assignments: tuple[str, ...] = ()) -> CropsSettings:
    return load_config(file, assignments).settings("crops", CropsSettings)


def test_defaults() -> None:
    assert crops() == CropsSettings()


@pytest.mark.parametrize("text", ["none", "None", "null", '""', "", '"none"'])
def test_no_weights_to_start_from(text: str) -> None:
    """The default recipe starts from some."""
    assert load_config(None).settings("train", TrainSettings).initial_weights == "simhpa19"
    config = load_config(None, (f"train.initial_weights={text}",))
    assert config.settings("train", TrainSettings).initial_weights == ""


def test_file_and_assignments_over_it(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[crops]\nneighbours = "keep"\nmin_area = 1\n')
    assert crops(file) == CropsSettings(neighbours="keep", min_area=1)
    assert crops(file, ("crops.min_area=2.5", "crops.neighbours=mask")) == CropsSettings(min_area=2.5)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("crops.nothing=1", "unknown setting crops.nothing; expected one of neighbours, min_area"),
        ("crops.neighbours=maybe", "crops.neighbours = 'maybe': Input should be 'mask' or 'keep'"),
        ("crops.min_area=big", "crops.min_area = 'big'"),
        ("nothing.a=1", r"unknown section \[nothing\]"),
        ("neighbours=keep", "expected section.name=value"),
        ("crops.neighbours", "expected section.name=value"),
    ],
)
def test_bad_assignments(assignment: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        crops(None, (assignment,))


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing.toml: No such file"):
        crops(tmp_path / "nothing.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("[crops\n")
    with pytest.raises(InputError, match="bad.toml: not a TOML file"):
        crops(bad)


def test_recipe_takes_the_place_of_the_section(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("min_area = 7\n")
    config = load_config(None, ("train.neighbours=keep",), recipe=str(recipe))
    assert config.settings("train", CropsSettings) == CropsSettings(min_area=7, neighbours="keep")


def test_unknown_recipe_lists_what_there_is() -> None:
    with pytest.raises(InputError, match="no such recipe; expected a TOML file or one of .*hpacells"):
        find_recipe("nonsense")
    assert find_recipe("hpacells").name == "hpacells.toml"


def test_a_file_of_the_name_of_a_bundled_recipe_has_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as that of a program ``hpacells`` in the current folder: it was read in place of the defaults."""
    monkeypatch.chdir(tmp_path)
    Path("hpacells").write_text("seed = 7\n")
    assert train().seed == train(recipe="hpacells").seed != 7
    assert "the recipe that comes with hpacells is taken, not the file of that name here" in caplog.text
    assert train(recipe="./hpacells").seed == 7
    assert train(recipe=str(tmp_path / "hpacells")).seed == 7


def train(file: Path | None = None, assignments: tuple[str, ...] = (), recipe: str | None = None):
    return load_config(file, assignments, recipe).settings("train", TrainSettings)


def test_the_default_recipe_is_that_of_hpacells(tmp_path: Path) -> None:
    shipped = TrainSettings.model_validate(tomllib.loads(find_recipe("hpacells").read_text()))
    assert train() == train(recipe="hpacells") == shipped
    file = tmp_path / "config.toml"
    file.write_text("[crops]\nmin_area = 1\n")
    assert train(file) == shipped
    file.write_text('[train]\nseed = 7\n[train.optimiser]\nkind = "sgd"\n')
    own = train(file)
    assert own == TrainSettings.model_validate({"seed": 7, "optimiser": {"kind": "sgd"}})
    assert train(file, recipe="hpacells") == shipped


def test_another_kind_begins_with_its_own_defaults() -> None:
    settings = train(
        assignments=(
            "train.lr_schedule.cycle_epochs=2",
            "train.loss.weights.alpha=0.99",
            "train.lr_schedule.kind=restarts",
            "train.loss.weights.kind=effective-number",
            "train.optimiser.kind=sgd",
            "train.augment.kind=rotate-mirror",
        )
    )
    defaults = train()
    assert settings.lr_schedule == RestartsSettings(cycle_epochs=2)
    assert settings.loss.weights == EffectiveNumberSettings(alpha=0.99)
    assert settings.loss.label_smoothing == defaults.loss.label_smoothing
    assert settings.optimiser == SgdSettings()
    assert settings.augment == RotateMirrorAugmentation()
    assert settings.fit == defaults.fit


def test_what_the_recipe_has_for_no_kind_stays_where_the_new_one_has_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    config = load_config(None, ["train.loss.kind=focal", "train.loss.gamma=1"])
    loss = config.settings("train", TrainSettings).loss
    defaults = train().loss
    assert loss.model_dump(include={"gamma", "label_smoothing", "hard_example_fraction"}) == {
        "gamma": 1,
        "label_smoothing": defaults.label_smoothing,
        "hard_example_fraction": defaults.hard_example_fraction,
    }
    assert not caplog.records
    loss = train(assignments=("train.loss.kind=soft-f1", "train.loss.triplet.margin=0.5")).loss
    assert loss == SoftF1Settings(triplet=defaults.triplet.model_copy(update={"margin": 0.5}))


@pytest.mark.parametrize(
    ("assignments", "told"),
    [
        (
            ["loss.kind=soft-f1"],
            "train.loss.kind = soft-f1: hard_example_fraction, label_smoothing, weights left out",
        ),
        (
            ["lr_schedule.kind=constant"],
            "train.lr_schedule.kind = constant: final_lr_fraction, warmup_fraction left out",
        ),
        (["thresholds.kind=one"], None),
        (["optimiser.kind=adamw"], None),
        (["loss.kind=cross-entropy"], None),
    ],
)
def test_what_is_left_out_of_a_recipe_is_told_once(
    assignments: list[str], told: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    config = load_config(None, [f"train.{assignment}" for assignment in assignments])
    assert not caplog.messages
    for _ in range(2):
        config.settings("train", TrainSettings)
    assert caplog.messages == ([f"{told}, set for another kind"] if told else [])


def test_a_table_that_is_set_as_a_whole_is_all_the_users() -> None:
    assignments = ("train.loss.kind=soft-f1", 'train.loss={kind="soft-f1", hard_example_fraction=0.5}')
    with pytest.raises(
        InputError, match="unknown setting train.loss.hard_example_fraction of the kind soft-f1"
    ):
        train(assignments=assignments)


def test_a_file_without_kinds(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        "[train.optimiser]\nlearning_rate = 0.1\nmost_gradient = 2\n[train.lr_schedule]\nwarm_up = 0.2\n"
    )
    settings = train(file, ("train.optimiser.kind=sgd", "train.lr_schedule.kind=plateau"))
    assert settings.optimiser == SgdSettings(learning_rate=0.1, max_grad_norm=2)
    assert settings.lr_schedule == PlateauSettings()


def test_the_same_kind_keeps_what_the_recipe_says() -> None:
    recipe = "zhang2021-resnet50"
    assert train(assignments=("train.optimiser.kind=sgd",), recipe=recipe) == train(recipe=recipe)


def test_all_images_have_a_loss_for_several_labels() -> None:
    assert train(assignments=("train.images=all",)).loss.kind == "binary-cross-entropy"
    assert train().loss.kind == "cross-entropy"


def test_some_values_in_place_of_others() -> None:
    config = load_config(None, ["predict.batch_size=7", "predict.workers=3"])
    changed = config.with_values({"predict.batch_size": 9, "segment.channels": ("green", "blue")})
    assert changed.settings("predict", PredictSettings).batch_size == 9
    assert changed.settings("predict", PredictSettings).workers == 3
    assert changed.settings("segment", SegmentSettings).channels == ("green", "blue")
    assert config.settings("predict", PredictSettings).batch_size == 7
    with pytest.raises(InputError, match="batch_size"):
        config.with_values({"predict.batch_size": 0}).settings("predict", PredictSettings)
