import re
from pathlib import Path

import pytest

from data.errors import InputError
from pipeline.config.config import load_config
from stages.predict.settings import PredictSettings
from stages.segment.settings import SegmentSettings
from stages.train.settings import TrainSettings


def complaint(*assignments: str) -> str:
    with pytest.raises(InputError) as raised:
        load_config(None, [f"train.{assignment}" for assignment in assignments]).settings(
            "train", TrainSettings
        )
    message = str(raised.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("assignments", "unknown", "listed"),
    [
        (["optimizer.kind=sgd"], "train.optimizer", ["optimiser", "fit", "phases"]),
        (["fit.epoch=3"], "train.fit.epoch", ["epochs", "batch_size", "accumulation_steps"]),
        (["tiles.sise=3"], "train.tiles.sise", ["size", "channels", "crop"]),
        (
            ["loss.gamma=2"],
            "train.loss.gamma of the kind cross-entropy",
            ["label_smoothing", "hard_example_fraction"],
        ),
        (
            ["loss.weights.kind=balanced", "loss.weights.mosst=2"],
            "train.loss.weights.mosst of the kind balanced",
            ["kind", "max_ratio"],
        ),
        (["loss.triplet.wait=2"], "train.loss.triplet.wait", ["weight", "margin", "mining"]),
        (["phases=[{epoch=1}]"], "train.phases.0.epoch", ["epochs", "train", "learning_rate", "loss"]),
        (
            ["phases=[{epochs=1}, {loss={gamma=2}}]"],
            "train.phases.1.loss.gamma of the kind cross-entropy",
            ["label_smoothing", "hard_example_fraction"],
        ),
        (
            ["augment.kind=rotate-mirror", "augment.blur=1"],
            "train.augment.blur of the kind rotate-mirror",
            [],
        ),
    ],
)
def test_an_unknown_setting_lists_what_there_is(assignments, unknown: str, listed: list[str]) -> None:
    message = complaint(*assignments)
    assert f"unknown setting {unknown}" in message
    expected = message.split("expected one of ")[1]
    assert set(listed) <= set(re.split(r"[,;] ", expected))


@pytest.mark.parametrize(
    ("assignment", "meant"),
    [
        ("epochs=3", "train.fit.epochs"),
        ("kind=adam", "train.augment.kind or train.head.kind or train.loss.kind"),
        ("gamma=2", "train.loss.gamma"),
        ("fit.epoch=3", "train.fit.epochs"),
        ("optimizer.kind=adam", "train.optimiser"),
        ("loss.label_smoothin=0.1", "train.loss.label_smoothing"),
    ],
)
def test_what_may_be_meant_by_an_unknown_setting(assignment: str, meant: str) -> None:
    assert complaint(assignment).endswith(f"; {meant} may be meant")


def test_nothing_is_meant_by_a_setting_unlike_all() -> None:
    assert "may be meant" not in complaint("nothing=1")


@pytest.mark.parametrize(
    ("assignments", "name", "kinds"),
    [
        (["optimiser.kind=lion"], "optimiser.kind = 'lion'", "adamw, adam, sgd"),
        (["lr_schedule.kind=step"], "lr_schedule.kind = 'step'", "cosine, restarts, ramp, plateau, constant"),
        (["head.kind=deep"], "head.kind = 'deep'", "embedding, linear, buffered, convolution, mlp"),
        (
            ["augment.kind=none at all"],
            "augment.kind = 'none at all'",
            "hpacells, alsubait2022, madeira2019, rotate-mirror, none",
        ),
        (
            ["loss.kind=crossentropy"],
            "loss.kind = 'crossentropy'",
            "cross-entropy, binary-cross-entropy, focal, soft-f1",
        ),
        (
            ["loss.weights.kind=inverse"],
            "loss.weights.kind = 'inverse'",
            "none, balanced, effective-number",
        ),
        (["thresholds.kind=best"], "thresholds.kind = 'best'", "half, one, greedy, per-class"),
        (
            ['phases=[{loss={kind="bce"}}]'],
            "phases.0.loss.kind = 'bce'",
            "cross-entropy, binary-cross-entropy, focal, soft-f1",
        ),
        (
            ['phases=[{loss={kind="focal", weights={kind="odd"}}}]'],
            "phases.0.loss.weights.kind = 'odd'",
            "none, balanced, effective-number",
        ),
    ],
)
def test_an_unknown_kind_lists_what_there_is(assignments, name: str, kinds: str) -> None:
    message = complaint(*assignments)
    assert f"train.{name}" in message
    assert set(message.split("expected one of ")[1].split("; ")[0].split(", ")) == set(kinds.split(", "))


@pytest.mark.parametrize(
    ("assignments", "unread"),
    [
        (["optimiser.momentum=0.9"], "optimiser.momentum of the kind adamw"),
        (["optimiser.kind=adam", "optimiser.momentum=0.9"], "optimiser.momentum of the kind adam;"),
        (
            ["loss.weights.kind=effective-number", "loss.weights.max_ratio=5"],
            "loss.weights.max_ratio of the kind effective-number",
        ),
        (["loss.weights.kind=none", "loss.weights.max_ratio=5"], "loss.weights.max_ratio of the kind none"),
        (
            ["loss.kind=soft-f1", "loss.hard_example_fraction=0.5"],
            "loss.hard_example_fraction of the kind soft-f1",
        ),
        (["loss.kind=soft-f1", "loss.weights.kind=none"], "loss.weights of the kind soft-f1"),
        (
            ["images=all", 'loss={kind="soft-f1", hard_example_fraction=0.5}'],
            "loss.hard_example_fraction of the kind soft-f1",
        ),
        (["images=all", "loss.gamma=1"], "loss.gamma of the kind binary-cross-entropy"),
        (["lr_schedule.cycle_epochs=4"], "lr_schedule.cycle_epochs of the kind cosine"),
        (["head.widths=[3]"], "head.widths of the kind embedding"),
        (["augment.kind=none", "augment.probability=0.5"], "augment.probability of the kind none"),
        (
            ['phases=[{loss={kind="soft-f1", hard_example_fraction=0.5}}]'],
            "phases.0.loss.hard_example_fraction of the kind soft-f1",
        ),
    ],
)
def test_a_setting_that_nothing_reads_is_an_error(assignments, unread: str) -> None:
    assert f"unknown setting train.{unread}" in f"{complaint(*assignments)};".replace(" at ", ";")


@pytest.mark.parametrize(
    ("assignments", "parts"),
    [
        (["fit.epochs=0"], ["train.fit.epochs = 0:", "greater than or equal to 1"]),
        (["lr_schedule.warmup_fraction=soon"], ["train.lr_schedule.warmup_fraction = 'soon':"]),
        (['images="some"'], ["train.images = 'some':", "'single' or 'all'"]),
        (["schedule=3"], ["train.fit = 3:"]),
        (["optimiser=sgd"], ["train.optimiser"]),
        (["phases=[{epochs=0}]"], ["train.phases.0.epochs = 0:"]),
        (["phases=[3]"], ["train.phases.0 = 3:"]),
        (["phases=3"], ["train.phases = 3: not a list; expected a list, written [{...}];"]),
        (
            ["tiles.channels=red"],
            [
                """train.tiles.channels = 'red': not a list; expected a list, written ["red"];""",
                """--set 'train.tiles.channels=["red"]'""",
            ],
        ),
        (["tiles.channels=red, green"], ["""written ["red", "green"];"""]),
        (["head.kind=buffered", "head.widths=12"], ["train.head.widths = 12: not", "=[12]'"]),
        (["optimiser.lr_multipliers={a=1}"], ["written [...];"]),
        (["split.fold=7"], ["train.split = ", "fold must be 0 or more, and below folds (5)"]),
        (["images=all", "loss.kind=cross-entropy"], ["cross-entropy needs one label per tile"]),
        (["images=all", "loss.triplet.weight=1"], ["the triplet loss needs one label per tile"]),
        (['phases=[{loss={kind="focal"}}]'], ["the losses of all phases"]),
    ],
)
def test_a_value_that_cannot_be_is_named(assignments, parts: list[str]) -> None:
    message = complaint(*assignments)
    for part in parts:
        assert part in message


def test_a_list_that_may_be_a_word_is_written_with_brackets() -> None:
    told = """segment.channels = 'red,green': not a list; expected a list, written ["red", "green"];"""
    with pytest.raises(InputError, match=re.escape(told)):
        load_config(None, ["segment.channels=red,green"]).settings("segment", SegmentSettings)


@pytest.mark.parametrize(
    ("section", "settings_type", "assignment", "told"),
    [
        ("train", TrainSettings, "split.fold=x", r"'x': Input should be a valid integer, .*, or 'all';"),
        ("segment", SegmentSettings, "channels=[1]", r"1: Input should be 'red', .*, or 'auto';"),
        ("predict", PredictSettings, "image_weight=2", r"2: Input should be less than .* to 1, or 'auto';"),
        ("predict", PredictSettings, "test_time_augmentation=maybe", r"'maybe': .* boolean, .*, or 'auto';"),
    ],
)
def test_a_setting_of_several_types_tells_them_all(section, settings_type, assignment, told) -> None:
    name = f"{section}.{assignment.split('=')[0]}"
    with pytest.raises(InputError, match=f"^--set .*: {re.escape(name)} = {told}"):
        load_config(None, [f"{section}.{assignment}"]).settings(section, settings_type)


@pytest.mark.parametrize(
    ("assignments", "where"),
    [
        (["train.fit.epochs=3"], "{file}"),
        (["train.fit.batch_size=4"], "{file}"),
        (["train.image_weight=2", "train.image_weight=3"], "--set train.image_weight=3"),
        (["train.fit={epochs=0}"], "--set train.fit={{epochs=0}}"),
        (["train.fit.epochs=0", "train.fit.batch_size=8"], "--set train.fit.epochs=0"),
        (["train.image_weight=0.5", "train.split.fold=7"], "{file} + --set train.split.fold=7"),
        (["train.nothing=7"], "--set train.nothing=7"),
        (["nothing.at_all=7"], "{file} + --set nothing.at_all=7"),
    ],
)
def test_a_wrong_value_is_blamed_on_what_set_it(tmp_path: Path, assignments: list[str], where: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[train]\nimage_weight = 2\n" if where == "{file}" else "")
    with pytest.raises(InputError) as raised:
        load_config(file, assignments).settings("train", TrainSettings)
    assert str(raised.value).startswith(f"{where.format(file=file)}: ")
