from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from stages.train import fold
from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

IMAGES = {f"image{number:02}": (number % 3,) for number in range(12)}
TIMES = ["seconds", "tiles_per_second", "wait_seconds"]


pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def tiny(tiny: TrainSettings, changed) -> TrainSettings:
    return changed(tiny, fit={"epochs": 2})


def run(folder, model: Path, settings: TrainSettings, context):
    return train_on(folder, model, settings, context)


def read_weights(model: Path) -> dict[str, torch.Tensor]:
    return load_file(model / "model.safetensors")


@pytest.fixture
def phase_outcomes(monkeypatch: pytest.MonkeyPatch) -> list:
    """What each phase's trainer gives, in order."""
    outcomes = []

    class Spy(fold.Trainer):
        def run(self, *arguments):
            outcomes.append(super().run(*arguments))
            return outcomes[-1]

    monkeypatch.setattr(fold, "Trainer", Spy)
    return outcomes


@pytest.mark.parametrize("average", [0.0, 0.9], ids=["plain", "average"])
def test_a_phase_of_the_head_leaves_the_backbone_as_it_is(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, phase_outcomes, average: float
) -> None:
    settings = changed(tiny, phases=[{"epochs": 2, "train": "head"}], fit={"epochs": 2, "ema_decay": average})
    context = steps()
    report = run(make_tiles(IMAGES), tmp_path / "model", settings, context)
    main, head = phase_outcomes
    changes = {name for name, weight in head.weights.items() if not torch.equal(weight, main.weights[name])}
    # Batch norms have statistics among their weights.
    assert any("running_mean" in name for name in main.weights)
    assert changes
    assert all(name.startswith("head.") for name in changes)
    written = read_weights(tmp_path / "model")
    assert written.keys() == head.weights.keys()
    assert all(torch.equal(weight, head.weights[name]) for name, weight in written.items())
    metrics = pd.read_csv(tmp_path / "model" / "metrics.csv")
    assert metrics["epoch"].tolist() == [1, 2, 3, 4]
    assert report.details["best_epoch"] == 2 + head.best_epoch
    assert context.done == context.total


@pytest.mark.parametrize("fold", [0, "all"])
def test_each_epoch_is_told_with_its_phase_and_fold(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture, fold
) -> None:
    caplog.set_level("INFO")
    phases = [{"epochs": 3}, {"epochs": 1, "train": "all"}]
    settings = changed(tiny, phases=phases, split={"folds": 2, "fold": fold})
    run(make_tiles(IMAGES), tmp_path / "model", settings, steps())
    folds = ["fold 1 of 2, ", "fold 2 of 2, "] if fold == "all" else [""]
    told = [
        record.message.partition(": training loss")[0]
        for record in caplog.records
        if ": training loss" in record.message
    ]
    assert told == [
        f"{name}phase {phase} of 3, epoch {epoch} of {epochs}"
        for name in folds
        for phase, epochs in ((1, 2), (2, 3), (3, 1))
        for epoch in range(1, epochs + 1)
    ]
    for path in (tmp_path / "model").rglob("metrics.csv"):
        metrics = pd.read_csv(path)
        assert metrics["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
        assert metrics["phase"].tolist() == [1, 1, 2, 2, 2, 3]


def test_a_training_of_one_phase_and_fold_tells_neither(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run(make_tiles(IMAGES), tmp_path / "model", tiny, steps())
    told = [record.message for record in caplog.records if ": training loss" in record.message]
    assert [message.partition(":")[0] for message in told] == ["epoch 1 of 2", "epoch 2 of 2"]


def test_a_phase_of_all_unfreezes_what_one_of_the_head_froze(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, phase_outcomes
) -> None:
    phases = [{"train": "head"}, {"train": "all"}]
    run(make_tiles(IMAGES), tmp_path / "model", changed(tiny, phases=phases), steps())
    _, head, whole = phase_outcomes
    assert not torch.equal(
        *(next(weight for name, weight in part.weights.items() if "conv" in name) for part in (head, whole))
    )


def test_a_backbone_that_is_frozen_stays_so_in_a_phase_of_all(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, phase_outcomes
) -> None:
    settings = changed(tiny, phases=[{"train": "all"}], backbone={"frozen": "all"})
    run(make_tiles(IMAGES), tmp_path / "model", settings, steps())
    main, again = phase_outcomes
    assert {
        name.partition(".")[0]
        for name, weight in again.weights.items()
        if not torch.equal(weight, main.weights[name])
    } == {"head"}


def test_a_phase_has_its_own_rate_and_loss(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = []

    class Spy(fold.ClassificationLoss):
        def __init__(self, settings, targets) -> None:
            losses.append(settings)
            super().__init__(settings, targets)

    monkeypatch.setattr(fold, "ClassificationLoss", Spy)
    phase = {"learning_rate": 0.001, "loss": {"label_smoothing": 0.5}}
    phases = [phase, {"train": "all"}]
    settings = TrainSettings.model_validate(
        changed(tiny, phases=phases).model_dump() | {"lr_schedule": {"kind": "constant"}}
    )
    run(make_tiles(IMAGES), tmp_path / "model", settings, steps())
    assert [loss.label_smoothing for loss in losses] == [settings.loss.label_smoothing, 0.5, 0.05]
    metrics = pd.read_csv(tmp_path / "model" / "metrics.csv")
    assert metrics["lr"].tolist() == pytest.approx([0.005, 0.005, 0.001, 0.005])


@pytest.mark.slow
@pytest.mark.parametrize("done_before", [3, 8, 11], ids=["first", "between", "second"])
def test_a_training_that_stopped_in_any_phase(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, done_before: int
) -> None:
    folder = make_tiles(IMAGES)
    schedule = {"epochs": 2, "checkpoint_seconds": 0, "ema_decay": 0.9}
    settings = changed(tiny, phases=[{"epochs": 2}], fit=schedule)
    whole = steps()
    run(folder, tmp_path / "whole", settings, whole)
    assert whole.total == 16
    with pytest.raises(KeyboardInterrupt):
        run(folder, tmp_path / "parts", settings, steps(interrupt_after=done_before))
    context = steps()
    run(folder, tmp_path / "parts", settings, context)
    assert context.done == whole.total
    tables = [pd.read_csv(tmp_path / name / "metrics.csv").drop(columns=TIMES) for name in ("whole", "parts")]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    ours, theirs = read_weights(tmp_path / "parts"), read_weights(tmp_path / "whole")
    assert all(torch.equal(weight, theirs[name]) for name, weight in ours.items())
    assert not list(tmp_path.rglob("*checkpoint*"))
