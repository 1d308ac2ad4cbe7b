"""Trainings that start from another classifier, and keep a part of its weights."""

import logging
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from stages.train.settings import TrainSettings
from tests.factories.training.on_tiles import train_on

pytestmark = pytest.mark.usefixtures("no_pictures")

IMAGES = {f"image{number}": (number % 2,) for number in range(8)}
SHARE = 0.25


@pytest.fixture
def tiny(tiny: TrainSettings, changed) -> TrainSettings:
    return changed(tiny, fit={"epochs": 1}, split={"folds": 0})


def run(folder, model: Path, settings: TrainSettings, context) -> dict[str, torch.Tensor]:
    train_on(folder, model, settings, context)
    return load_file(model / "model.safetensors")


@pytest.mark.parametrize("phases", [(), ({"train": "head", "epochs": 1},)], ids=["one", "two"])
def test_the_start_keeps_its_share_in_the_last_weights(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, phases
) -> None:
    folder = make_tiles(IMAGES)
    start = run(folder, tmp_path / "start", changed(tiny, seed=5), steps())
    settings = changed(tiny, initial_weights=str(tmp_path / "start"), phases=phases)
    trained = run(folder, tmp_path / "trained", settings, steps())
    kept = run(folder, tmp_path / "kept", changed(settings, initial_weight_fraction=SHARE), steps())
    assert any(not torch.equal(trained[name], start[name]) for name in start)
    for name, weight in kept.items():
        if weight.is_floating_point():
            torch.testing.assert_close(weight, (1 - SHARE) * trained[name] + SHARE * start[name])
        else:
            assert torch.equal(weight, trained[name])


@pytest.mark.parametrize(
    "of_start", [None, {"head": {"embedding": 8}}, {"images": "all"}], ids=["none", "weights", "outputs"]
)
def test_a_share_of_nothing_is_told_and_left_out(
    make_tiles, tiny: TrainSettings, changed, steps, tmp_path: Path, caplog, of_start
) -> None:
    folder = make_tiles(IMAGES)
    settings = tiny
    if of_start is not None:
        run(folder, tmp_path / "start", changed(tiny, **of_start), steps())
        settings = changed(tiny, initial_weights=str(tmp_path / "start"))
    trained = run(folder, tmp_path / "trained", settings, steps())
    with caplog.at_level(logging.INFO, "hpacells"):
        shared = run(folder, tmp_path / "shared", changed(settings, initial_weight_fraction=SHARE), steps())
    assert all(torch.equal(trained[name], weight) for name, weight in shared.items())
    [told] = [message for message in caplog.messages if message.startswith("initial_weight_fraction")]
    reason = (
        "there is no start"
        if of_start is None
        else f"{settings.initial_weights} has other classes, outputs or"
    )
    assert told.startswith(f"initial_weight_fraction = 0.25 is left out: {reason}")
