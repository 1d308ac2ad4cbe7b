"""The training loop of every network: resume, step, average, evaluate, keep."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar, cast

import torch
from torch import nn

from models.training.averaging.ema import make_average
from models.training.checkpoint import Checkpoint
from models.training.distributed import ALONE, Processes

log = logging.getLogger("hpacells")

Network = TypeVar("Network", bound=nn.Module)
Batch = TypeVar("Batch")


@dataclass(frozen=True)
class LoopSettings:
    """How long a loop trains, and what it keeps.

    Attributes
    ----------
    steps
        Steps of the whole training, unless it ends early.
    period
        Steps from one evaluation to the next; there is one after the last step, too.
    ema_decay
        Decay of the running average of the weights; 0 for none.
    """

    steps: int
    period: int
    ema_decay: float


@dataclass
class Progress:
    """Where a training is; plain values, so that a checkpoint can hold it.

    Attributes
    ----------
    step
        The step that comes next, from 0.
    seconds
        Time trained since the last evaluation.
    rows
        Rows of ``metrics.csv``, one per evaluation.
    """

    step: int = 0
    seconds: float = 0.0
    rows: list[dict[str, Any]] = field(default_factory=list)


class TrainingLoop(ABC, Generic[Network, Batch]):
    """Train a network step by step; an interrupted training with the same checkpoint and key is resumed.

    A subclass says what a batch, a step and an evaluation are, and which state of its own they need.

    Parameters
    ----------
    network
        On its device.
    optimiser
        Of its weights.
    settings
        Length, evaluations and average.
    checkpoint
        Where the training's state is kept.
    processes
        The processes that share each batch.

    Attributes
    ----------
    network, optimiser, processes
        As above.
    progress
        Where the training is.
    """

    def __init__(
        self,
        network: Network,
        optimiser: torch.optim.Optimizer,
        settings: LoopSettings,
        checkpoint: Checkpoint,
        processes: Processes = ALONE,
    ) -> None:
        self.network, self.optimiser, self.processes = network, optimiser, processes
        self.progress = Progress()
        self._loop, self._checkpoint = settings, checkpoint
        self._average = make_average(network, settings.ema_decay) if settings.ema_decay else None

    @abstractmethod
    def batches(self, steps: range) -> Generator[Batch, None, None]:
        """Yield the batches of some steps, of which no evaluation parts any."""

    @abstractmethod
    def train_step(self, batch: Batch) -> None:
        """Take the training step ``progress.step``."""

    @abstractmethod
    def evaluate(self, network: Network) -> dict[str, Any]:
        """Measure a network's quality after ``progress.step`` steps, as a row of ``metrics.csv``."""

    @abstractmethod
    def name_step(self) -> str:
        """Return the name of the step that comes next, for messages."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return what a subclass keeps in checkpoints: tensors and plain values."""

    @abstractmethod
    def load_state(self, state: dict[str, Any]) -> None:
        """Set what `state` returned in an interrupted training."""

    def has_converged(self) -> bool:
        """Check whether the training ends before its last step."""
        return False

    @property
    def steps(self) -> int:
        """Steps of the whole training, unless it ends early."""
        return self._loop.steps

    @property
    def averaged(self) -> Network:
        """The network with the running average of its weights; the network itself where there is none."""
        return self.network if self._average is None else cast(Network, self._average.module)

    def train(self, advance: Callable[[int], None] = lambda _: None) -> None:
        """Train to the end; the checkpoint then holds the finished training.

        Parameters
        ----------
        advance
            Called with the number of steps done since the last call.

        Raises
        ------
        InputError
            The loss became NaN or infinite.
        """
        self._resume()
        self.processes.align(self.network)
        advance(self.progress.step)
        if self._is_finished():
            return
        while not self._is_finished():
            self._train_period(advance)
        self._save()

    def _train_period(self, advance: Callable[[int], None]) -> None:
        """Train up to the next evaluation, and evaluate."""
        progress, period = self.progress, self._loop.period
        end = min((progress.step // period + 1) * period, self.steps)
        self.network.train()
        with closing(self.batches(range(progress.step, end))) as batches:
            started = time.perf_counter()
            for batch in batches:
                self.train_step(batch)
                if self._average is not None:
                    self._average.update(self.network, step=progress.step)
                progress.step += 1
                progress.seconds += time.perf_counter() - started
                if progress.step == end:
                    self._evaluate()
                if self._checkpoint.is_due:
                    self._save()
                advance(1)
                started = time.perf_counter()

    def _evaluate(self) -> None:
        self.processes.align(self.averaged)
        self.progress.rows.append(self.evaluate(self.averaged))
        self.progress.seconds = 0.0

    def _is_finished(self) -> bool:
        return self.progress.step >= self.steps or self.has_converged()

    def _resume(self) -> None:
        state = self._checkpoint.load()
        if state is None:
            return
        self.progress = Progress(**state["progress"])
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self._average is not None:
            self._average.module.load_state_dict(state["average"])
        self.load_state(state["task"])
        if not self._is_finished():
            log.info("training resumes in %s", self.name_step())

    def _save(self) -> None:
        """Write the checkpoint, by the first process alone."""
        if self.processes.rank:
            return
        self._checkpoint.save(
            {
                "progress": asdict(self.progress),
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "average": None if self._average is None else self._average.module.state_dict(),
                "task": self.state(),
            }
        )
