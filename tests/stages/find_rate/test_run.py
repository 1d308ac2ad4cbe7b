import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from stages.find_rate import run as find_rate
from stages.find_rate.paths import FindRateInputs, FindRateOutputs
from stages.find_rate.settings import FindRateSettings
from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

IMAGES = {f"image{number:02}": (number % 3,) for number in range(12)}


@pytest.fixture
def no_picture(no_pictures: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no curve of rates either."""
    monkeypatch.setattr(find_rate, "draw_rate_curve", lambda path, *_: path.touch())


@pytest.fixture
def files(tmp_path: Path) -> FindRateOutputs:
    return FindRateOutputs(tmp_path / "find_rate.csv", tmp_path / "find_rate.png")


def run(folder, files: FindRateOutputs, settings: FindRateSettings, recipe: TrainSettings, context):
    inputs = FindRateInputs(folder.tiles, folder.cells, folder.labels, recipe)
    return find_rate.run(inputs, files, settings, context)


def test_a_curve_is_written_and_rates_are_suggested(
    make_tiles, tiny: TrainSettings, steps, files: FindRateOutputs
) -> None:
    context = steps()
    report = run(make_tiles(IMAGES), files, FindRateSettings(steps=20), tiny, context)
    curve = pd.read_csv(files.table_path)
    assert curve.iloc[:, 0].iloc[0] == pytest.approx(1e-5)
    assert curve.iloc[:, 0].is_monotonic_increasing
    assert report.counts["steps"] == len(curve) == context.done <= context.total == 20
    assert files.picture_path.read_bytes().startswith(b"\x89PNG")
    steepest, highest = report.details["steepest"], report.details["highest"]
    assert 1e-5 <= steepest <= highest <= 1
    assert (report.counts["steepest rate"], report.counts["highest rate"]) == (steepest, highest)


@pytest.mark.usefixtures("no_picture")
def test_it_is_the_same_every_time(make_tiles, tiny: TrainSettings, steps, files: FindRateOutputs) -> None:
    folder = make_tiles(IMAGES)
    tables = []
    for _ in range(2):
        run(folder, files, FindRateSettings(steps=10), tiny, steps())
        tables.append(files.table_path.read_text())
    assert tables[0] == tables[1]


@pytest.mark.usefixtures("no_picture")
def test_no_rate_where_the_loss_never_falls(
    make_tiles, tiny: TrainSettings, steps, files: FindRateOutputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rises:
        def __init__(self) -> None:
            self.loss = 1.0

        def take(self, *_: object, **__: object) -> float:
            self.loss += 0.1
            return self.loss

    monkeypatch.setattr(find_rate, "make_training_step", lambda *_: Rises())
    report = run(make_tiles(IMAGES), files, FindRateSettings(steps=10), tiny, steps())
    assert report.details == {"steepest": None, "highest": None}
    assert list(report.counts) == ["steps"]


@pytest.mark.usefixtures("no_picture")
def test_a_loss_that_still_falls_at_the_last_rate_is_told(
    make_tiles,
    tiny: TrainSettings,
    steps,
    files: FindRateOutputs,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    losses = iter(range(100, 0, -1))
    training_step = SimpleNamespace(take=lambda *_, **__: float(next(losses)))
    monkeypatch.setattr(find_rate, "make_training_step", lambda *_: training_step)
    report = run(make_tiles(IMAGES), files, FindRateSettings(steps=10), tiny, steps())
    assert report.details["highest"] == 1
    assert "still falling at the last rate, 1:" in caplog.text


@pytest.mark.usefixtures("no_picture")
@pytest.mark.parametrize(("classes", "warned"), [((4,), True), ((4, 1), False)])
def test_cells_of_one_class_tell_nothing_of_rates(
    make_tiles,
    tiny: TrainSettings,
    steps,
    files: FindRateOutputs,
    caplog: pytest.LogCaptureFixture,
    classes: tuple[int, ...],
    warned: bool,
) -> None:
    images = {f"image{number:02}": (classes[number % len(classes)],) for number in range(4)}
    report = run(make_tiles(images), files, FindRateSettings(steps=10), tiny, steps())
    assert report.counts["steps"] > 1
    assert ("cells are of the class Nuclear speckles: the loss falls" in caplog.text) == warned


@pytest.mark.usefixtures("no_picture")
def test_classes_are_drawn_as_the_recipe_draws_them(
    make_tiles, tiny: TrainSettings, steps, files: FindRateOutputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def keep(prepared, *_: object) -> SimpleNamespace:
        def take(batch, *_: object, **__: object) -> float:
            drawn.append(prepared.data.targets[batch.items])
            return 1.0

        return SimpleNamespace(take=take)

    monkeypatch.setattr(find_rate, "make_training_step", keep)
    folder = make_tiles({f"image{number:02}": (int(number == 0),) for number in range(20)})
    rare = []
    for balanced in (False, True):
        drawn.clear()
        schedule = tiny.fit.model_copy(update={"class_balanced_sampling": balanced})
        recipe = tiny.model_copy(update={"fit": schedule})
        run(folder, files, FindRateSettings(steps=40), recipe, steps())
        rare.append(np.concatenate(drawn)[:, 1].mean())
    assert rare[0] < 0.1
    assert 0.35 < rare[1] < 0.65


@pytest.mark.usefixtures("no_picture")
def test_it_begins_with_trained_weights(
    make_tiles, tiny: TrainSettings, steps, files: FindRateOutputs, tmp_path: Path
) -> None:
    folder, model = make_tiles(IMAGES), tmp_path / "model"
    losses = {"label_smoothing": 0.0, "weights": {"kind": "none"}}
    recipe = TrainSettings.model_validate(
        tiny.model_dump() | {"loss": losses, "augment": {"kind": "none"}, "head": {"kind": "linear"}}
    )
    schedule = tiny.fit.model_copy(update={"epochs": 12})
    report = train_on(folder, model, recipe.model_copy(update={"fit": schedule}), steps())
    before = {path: path.read_bytes() for path in model.iterdir()}
    first = {}
    for name, start in {"fresh": "", "trained": str(model)}.items():
        run(
            folder,
            files,
            FindRateSettings(steps=10),
            recipe.model_copy(update={"initial_weights": start}),
            steps(),
        )
        first[name] = pd.read_csv(files.table_path)["loss"].iloc[0]
    assert {path: path.read_bytes() for path in model.iterdir()} == before
    # A linear head that has learnt nothing finds all classes about equally likely.
    assert first["fresh"] > 0.5 * math.log(19)
    assert first["trained"] < 0.5 * first["fresh"]
    assert report.details["train_loss"] < first["fresh"]


@pytest.mark.parametrize("values", [{"steps": 3}, {"range": {"start": 0.0}}, {"begin": 1e-5}])
def test_settings_that_cannot_be(values) -> None:
    with pytest.raises(ValidationError):
        FindRateSettings.model_validate(values)


@pytest.mark.usefixtures("no_picture")
def test_a_frozen_backbone_runs_once_for_the_test_and_the_training(
    make_tiles, tiny: TrainSettings, steps, files: FindRateOutputs, tmp_path: Path, monkeypatch
) -> None:
    values = tiny.model_dump(exclude={"augment"}) | {"backbone": {"frozen": "all"}}
    recipe = TrainSettings.model_validate(values)
    folder, tables = make_tiles(IMAGES), []
    for choice in ("auto", "never"):
        settings = recipe.model_copy(update={"cache_features": choice})
        run(folder, files, FindRateSettings(steps=10), settings, steps())
        tables.append(pd.read_csv(files.table_path))
    pd.testing.assert_frame_equal(*tables, rtol=1e-3)
    context = steps()
    train_on(folder, tmp_path / "model", recipe, context)
    assert "features" not in context.descriptions
