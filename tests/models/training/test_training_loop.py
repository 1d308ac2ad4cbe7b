from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from models.training.checkpoint import Checkpoint
from models.training.training_loop import LoopSettings, TrainingLoop


class Line(TrainingLoop[nn.Linear, int]):
    """Fit a line to numbers that are the steps themselves; a batch is its step."""

    def __init__(self, folder: Path, steps: int, *, ema_decay: float = 0.0, patience: int = 99) -> None:
        torch.manual_seed(1)
        network = nn.Linear(1, 1)
        optimiser = torch.optim.Adam(network.parameters(), lr=0.1)
        checkpoint = Checkpoint(folder / "checkpoint.pt", "key", 0)
        self.taken, self.evaluated, self._patience = [], [], patience
        super().__init__(network, optimiser, LoopSettings(steps, 3, ema_decay), checkpoint)

    def batches(self, steps: range) -> Generator[int, None, None]:
        yield from steps

    def train_step(self, batch: int) -> None:
        assert batch == self.progress.step
        self.taken.append(batch)
        self.optimiser.zero_grad()
        (self.network(torch.full((1, 1), float(batch))) - 2 * batch).square().sum().backward()
        self.optimiser.step()

    def evaluate(self, network: nn.Linear) -> dict[str, Any]:
        self.evaluated.append(network.weight.item())
        return {"step": self.progress.step}

    def has_converged(self) -> bool:
        return len(self.progress.rows) >= self._patience

    def name_step(self) -> str:
        return f"step {self.progress.step + 1}"

    def state(self) -> dict[str, Any]:
        return {"evaluated": self.evaluated}

    def load_state(self, state: dict[str, Any]) -> None:
        self.evaluated = state["evaluated"]


class _StoppedError(Exception):
    pass


@pytest.mark.parametrize("ema_decay", [0.0, 0.9])
@pytest.mark.parametrize("stop", range(1, 8))
def test_an_interrupted_training_ends_as_one_that_was_not(
    tmp_path: Path, stop: int, ema_decay: float
) -> None:
    whole = Line(tmp_path / "whole", 8, ema_decay=ema_decay)
    whole.train()

    def interrupt(_: int) -> None:
        if cut.progress.step == stop:
            raise _StoppedError

    cut = Line(tmp_path / "cut", 8, ema_decay=ema_decay)
    with pytest.raises(_StoppedError):
        cut.train(interrupt)
    counted: list[int] = []
    cut = Line(tmp_path / "cut", 8, ema_decay=ema_decay)
    cut.train(counted.append)
    assert counted == [stop] + [1] * (8 - stop)
    assert cut.taken == list(range(stop, 8))
    assert cut.evaluated == whole.evaluated
    assert torch.equal(cut.averaged.weight, whole.averaged.weight)
    assert [row["step"] for row in cut.progress.rows] == [3, 6, 8]


def test_a_finished_training_is_not_done_again(tmp_path: Path) -> None:
    Line(tmp_path, 8).train()
    again = Line(tmp_path, 8)
    again.train()
    assert not again.taken
    assert len(again.evaluated) == 3


def test_a_training_that_has_converged_ends_after_an_evaluation(tmp_path: Path) -> None:
    line = Line(tmp_path, 30, patience=2)
    line.train()
    assert line.taken == list(range(6))
