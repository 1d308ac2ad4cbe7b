"""The training of a classifier: its epochs, their evaluation on held-out images, and the best of them."""

import logging
import math
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from data.augment.augmentation import Augmentation
from data.errors import InputError
from data.tiles.batch_loader import Batch, plan_batches, shuffle_items
from data.training.balance import weigh_evenly
from data.training.history import Epoch
from models.classifiers.classifier import Classifier
from models.training.averaging.weight_interpolation import WeightInterpolation
from models.training.checkpoint import Checkpoint
from models.training.fit_settings import FitSettings
from models.training.lr_schedules.lr_schedule import LrScheduleSettings, lr_factor
from models.training.training_loop import LoopSettings, TrainingLoop
from models.training.training_step import TrainingStep
from models.training.validation import VALIDATION_METRICS, validation_logits, validation_metrics

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class TrainingResult:
    """The outcome: the best epoch's weights (state dict, CPU), all epochs, and the number of the best."""

    weights: dict[str, Tensor]
    epochs: list[Epoch]
    best_epoch: int


@dataclass
class _EpochState:
    """What a checkpoint keeps of the epoch so far, and of the best one.

    Attributes
    ----------
    loss_sum, tiles, wait_seconds
        Of the epoch so far.
    lr
        Learning rate of the last step.
    best_epoch, best_score
        Number, from 1, and score of the best epoch so far; higher is better.
    best_weights
        Its state dict, on the CPU.
    micro_batches
        Micro-batches that a batch is cut into, as many as the memory asked for so far.
    """

    loss_sum: float = 0.0
    tiles: int = 0
    wait_seconds: float = 0.0
    lr: float = 0.0
    best_epoch: int = 0
    best_score: float = -math.inf
    best_weights: dict[str, Tensor] | None = None
    micro_batches: int = 1


class Trainer(TrainingLoop[Classifier, Batch]):
    """Train a classifier; an interrupted training with the same checkpoint file and key is resumed.

    Its course depends on data, settings and seed alone: not on when it was interrupted, nor, but for
    rounding, on how many processes share each batch. What looks at a batch as a whole sees a process's part
    of it: batch statistics, dropout, and losses that compare tiles or choose among them.

    Parameters
    ----------
    training_step
        Takes the steps; of the classifier that is trained, on its data.
    augmentation
        How training tiles are changed; None leaves them, or the features in their place, as they are.
    lr_schedule, schedule
        Settings of the learning rate, and of the length and batches.
    seed
        Random seed of the order of tiles, their changes and dropout.
    checkpoint
        Where the training's state is kept.
    interpolation
        Averages the weights that are evaluated and kept with those that came before the training.
    prefix
        What part of a longer training this one is, such as "phase 2 of 2", for messages; or empty.
    """

    def __init__(
        self,
        training_step: TrainingStep,
        augmentation: Augmentation | None,
        *,
        lr_schedule: LrScheduleSettings,
        schedule: FitSettings,
        seed: int,
        checkpoint: Checkpoint,
        interpolation: WeightInterpolation | None = None,
        prefix: str = "",
    ) -> None:
        self._training_step, self._augmentation, self._data = training_step, augmentation, training_step.data
        self._lr_schedule, self._schedule, self._seed = lr_schedule, schedule, seed
        self._sampling = weigh_evenly(self._data.targets) if schedule.class_balanced_sampling else None
        plan = self._plan(0)
        # Every epoch has batches of the same sizes.
        self._batch_sizes = [len(items) for items in plan]
        _check_batch_size(min(self._batch_sizes), training_step.processes.count)
        self._interpolation, self._prefix = interpolation, f"{prefix}, " if prefix else ""
        self._waited = self._data.loader.wait_seconds
        self._state = _EpochState()
        super().__init__(
            training_step.classifier,
            training_step.optimiser,
            LoopSettings(schedule.epochs * len(plan), len(plan), schedule.ema_decay),
            checkpoint,
            training_step.processes,
        )

    def run(self, advance: Callable[[int], None] = lambda _: None) -> TrainingResult:
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
        self.train(advance)
        epochs = [Epoch(**row) for row in self.progress.rows]
        return TrainingResult(self._state.best_weights or {}, epochs, self._state.best_epoch)

    def batches(self, steps: range) -> Generator[Batch, None, None]:
        """Yield this process's part of the batches of some steps of one epoch."""
        epoch, first = divmod(steps.start, len(self._batch_sizes))
        yield from self._data.loader.batches(
            self._plan(epoch),
            start=first,
            augmentation=self._augmentation,
            seed=(self._seed, epoch),
            part=(self.processes.rank, self.processes.count),
        )

    def train_step(self, batch: Batch) -> None:
        """Take a step at its learning rate."""
        state, step, batches = self._state, self.progress.step, len(self._batch_sizes)
        highest = self._training_step.settings.learning_rate
        state.lr = highest * lr_factor(
            self._lr_schedule, highest, step, batches, self._schedule.epochs, self._monitored_losses()
        )
        name = f"{self._prefix}epoch {step // batches + 1}"
        loss = self._training_step.take(batch, state.lr, seed=(self._seed, step), name=name)
        tiles = self._batch_sizes[step % batches]
        state.loss_sum += loss * tiles
        state.tiles += tiles
        state.micro_batches = self._training_step.micro_batches
        state.wait_seconds += self._data.loader.wait_seconds - self._waited
        self._waited = self._data.loader.wait_seconds

    def evaluate(self, network: Classifier) -> dict[str, Any]:
        """Measure the epoch that just ended, and keep its weights where they are the best so far."""
        started = time.perf_counter()
        classifier = network if self._interpolation is None else self._interpolation.interpolate(network)
        number = len(self.progress.rows) + 1
        metrics: dict[str, Any] = self._measure(classifier)
        self._keep_if_best(number, metrics, classifier)
        state, seconds = self._state, self.progress.seconds
        epoch = Epoch(
            epoch=number,
            lr=state.lr,
            train_loss=state.loss_sum / state.tiles,
            seconds=seconds + time.perf_counter() - started,
            tiles_per_second=state.tiles / seconds,
            wait_seconds=state.wait_seconds,
            **metrics,
        )
        log.info("%s%s", self._prefix, _describe(epoch, self._schedule.epochs))
        state.loss_sum, state.tiles, state.wait_seconds = 0.0, 0, 0.0
        return asdict(epoch)

    def has_converged(self) -> bool:
        """Check whether nothing has improved for as many epochs as the settings allow."""
        patience = self._schedule.early_stopping_patience
        return bool(patience) and len(self.progress.rows) - self._state.best_epoch >= patience

    def name_step(self) -> str:
        """Return the epoch and batch of the step that comes next, after the part of the training."""
        epoch, batch = divmod(self.progress.step, len(self._batch_sizes))
        return f"{self._prefix}epoch {epoch + 1}, batch {batch + 1}"

    def state(self) -> dict[str, Any]:
        """Return the sums of the epoch so far, and the best weights."""
        return dict(vars(self._state))

    def load_state(self, state: dict[str, Any]) -> None:
        """Set what `state` returned; as many micro-batches as the memory asked for stay."""
        self._state = _EpochState(**state)
        self._training_step.micro_batches = max(self._training_step.micro_batches, self._state.micro_batches)

    def _keep_if_best(self, epoch: int, metrics: dict[str, Any], classifier: Classifier) -> None:
        state = self._state
        score = metrics["val_map"] if self._schedule.monitor == "map" else -metrics["val_loss"]
        # Without held-out tiles the last epoch is the best.
        if math.isnan(score) or score > state.best_score:
            state.best_score = score if math.isfinite(score) else state.best_score
            state.best_epoch = epoch
            state.best_weights = {
                name: tensor.detach().cpu().clone() for name, tensor in classifier.state_dict().items()
            }

    def _measure(self, classifier: Classifier) -> dict[str, float]:
        targets = self._data.validation_targets
        if not len(targets):
            return dict.fromkeys(VALIDATION_METRICS, math.nan)
        logits = validation_logits(
            classifier,
            self._data,
            self.processes,
            batch_size=2 * self._schedule.batch_size,
            bfloat16=self._training_step.bfloat16,
        )
        return validation_metrics(classifier, self._training_step.loss, logits, targets)

    def _plan(self, epoch: int) -> list[NDArray[np.intp]]:
        order = shuffle_items(len(self._data.loader), self._seed, epoch, self._sampling)
        return plan_batches(order, self._schedule.batch_size)

    def _monitored_losses(self) -> list[float]:
        rows = self.progress.rows
        return [row["train_loss"] if math.isnan(row["val_loss"]) else row["val_loss"] for row in rows]


def _check_batch_size(smallest: int, processes: int) -> None:
    if smallest < 2 * processes:
        raise InputError(
            found=f"a batch of {smallest} tiles for {processes} processes",
            where="training",
            expected="at least two tiles for each process",
            advice="raise fit.batch_size, or start fewer processes",
        )


def _describe(epoch: Epoch, epochs: int) -> str:
    described = f"epoch {epoch.epoch} of {epochs}: training loss {epoch.train_loss:.3f}"
    if not math.isnan(epoch.val_map):
        described += f"; held-out images: loss {epoch.val_loss:.3f}, mean AP {epoch.val_map:.3f}"
    return f"{described} ({epoch.seconds:.0f} s, {epoch.tiles_per_second:.0f} tiles/s)"
