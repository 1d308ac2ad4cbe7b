"""The training loop."""

import copy
import logging
import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
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
from models.training.checkpoint import Checkpoint
from models.training.ema import make_average
from models.training.lr_schedules.lr_schedule import RateSettings, rate_factor
from models.training.progress import Progress, Trained
from models.training.schedule import ScheduleSettings
from models.training.training_step import Stepper
from models.training.validation import FIGURES, measure_held_out, score_held_out
from models.training.weight_interpolation import StartBlend

log = logging.getLogger("hpacells")


class Trainer:
    """Train a classifier; an interrupted training with the same checkpoint file and key is gone on with.

    Its course depends on data, settings and seed alone: not on when it was interrupted, nor, but for
    rounding, on how many processes share each batch. What looks at a batch as a whole sees a process's part
    of it: batch statistics, dropout, and losses that compare tiles or choose among them.

    Parameters
    ----------
    stepper
        Takes the steps; of the classifier that is trained, on its data.
    augmentation
        How training tiles are changed.
    rate, schedule
        Settings.
    seed
        Of the order of tiles, their changes and dropout.
    checkpoint
        Where the training's state is kept.
    blend
        Averages the weights that are judged and kept with those that came before the training.
    place
        What part of a longer training this one is, such as "phase 2 of 2", for messages; or empty.
    """

    def __init__(
        self,
        stepper: Stepper,
        augmentation: Augmentation,
        *,
        rate: RateSettings,
        schedule: ScheduleSettings,
        seed: int,
        checkpoint: Checkpoint,
        blend: StartBlend | None = None,
        place: str = "",
    ) -> None:
        self._stepper, self._augmentation = stepper, augmentation
        self._classifier, self._data = stepper.classifier, stepper.data
        self._processes = stepper.processes
        self._rate_settings, self._schedule, self._seed = rate, schedule, seed
        self._sampling = weigh_evenly(self._data.targets) if schedule.balanced else None
        plan = self._plan(0)
        self._batches = len(plan)
        _check_parts(min(map(len, plan)), self._processes.count)
        self._average = make_average(self._classifier, schedule.average) if schedule.average else None
        self._checkpoint, self._blend = checkpoint, blend
        self._place = f"{place}, " if place else ""
        self._progress = Progress()
        self._best: dict[str, Tensor] = {}
        self._rate = 0.0

    @property
    def steps(self) -> int:
        """Steps of the whole training, unless it ends early."""
        return self._schedule.epochs * self._batches

    def run(self, advance: Callable[[int], None] = lambda _: None) -> Trained:
        """Train to the end; the checkpoint then holds the finished training.

        Parameters
        ----------
        advance
            Called with the number of steps done since the last call.

        Raises
        ------
        InputError
            The loss is no number any more.
        """
        self._resume()
        self._processes.align(self._classifier)
        progress = self._progress
        advance(progress.epoch * self._batches + progress.batch)
        if progress.finished:
            return self._outcome()
        while progress.epoch < self._schedule.epochs and not self._is_stale():
            self._train_epoch(advance)
            self._finish_epoch()
            self._save_if_due()
        progress.finished = True
        self._save()
        return self._outcome()

    def _train_epoch(self, advance: Callable[[int], None]) -> None:
        progress, loader = self._progress, self._data.loader
        self._classifier.train()
        plan = self._plan(progress.epoch)
        batches = loader.batches(
            plan,
            start=progress.batch,
            augmentation=self._augmentation,
            seed=(self._seed, progress.epoch),
            part=(self._processes.rank, self._processes.count),
        )
        started, waited = time.perf_counter(), loader.wait_seconds
        with closing(batches):
            for batch in batches:
                loss = self._step(batch)
                tiles = len(plan[progress.batch])
                progress.loss_sum += loss * tiles
                progress.tiles += tiles
                progress.batch += 1
                now = time.perf_counter()
                progress.train_seconds += now - started
                progress.wait_seconds += loader.wait_seconds - waited
                started, waited = now, loader.wait_seconds
                self._save_if_due()
                advance(1)

    def _step(self, batch: Batch) -> float:
        step = self._progress.epoch * self._batches + self._progress.batch
        highest = self._stepper.settings.learning_rate
        factor = rate_factor(
            self._rate_settings,
            highest,
            step,
            self._batches,
            self._schedule.epochs,
            self._monitored(),
        )
        self._rate = highest * factor
        when = f"{self._place}epoch {self._progress.epoch + 1}"
        value = self._stepper.step(batch, self._rate, seed=(self._seed, step), when=when)
        self._progress.parts = self._stepper.parts
        if self._average is not None:
            self._average.update(self._classifier, step=step)
        return value

    def _finish_epoch(self) -> None:
        progress = self._progress
        started = time.perf_counter()
        classifier = self._classifier if self._average is None else self._average.module
        self._processes.align(classifier)
        if self._blend is not None:
            classifier = self._blend.blend(classifier)
        figures: dict[str, Any] = self._validate(classifier)
        score = figures["val_map"] if self._schedule.monitor == "map" else -figures["val_loss"]
        if math.isnan(score) or score > progress.best_score:
            progress.best_score = score if math.isfinite(score) else progress.best_score
            progress.best_epoch = progress.epoch + 1
            self._best = {
                name: tensor.detach().cpu().clone() for name, tensor in classifier.state_dict().items()
            }
        epoch = Epoch(
            epoch=progress.epoch + 1,
            lr=self._rate,
            train_loss=progress.loss_sum / progress.tiles,
            **figures,
            seconds=progress.train_seconds + time.perf_counter() - started,
            tiles_per_second=progress.tiles / progress.train_seconds,
            wait_seconds=progress.wait_seconds,
        )
        log.info("%s%s", self._place, _tell(epoch, self._schedule.epochs))
        progress.epochs.append(asdict(epoch))
        progress.epoch += 1
        progress.batch, progress.tiles, progress.loss_sum = 0, 0, 0.0
        progress.train_seconds = progress.wait_seconds = 0.0

    def _validate(self, classifier: Classifier) -> dict[str, float]:
        targets = self._data.validation_targets
        if not len(targets):
            return dict.fromkeys(FIGURES, math.nan)
        size = 2 * self._schedule.batch_size
        logits = score_held_out(
            classifier, self._data, self._processes, batch_size=size, bfloat16=self._stepper.bfloat16
        )
        return measure_held_out(classifier, self._stepper.loss, logits, targets)

    def _order(self, epoch: int) -> NDArray[np.intp]:
        return shuffle_items(len(self._data.loader), self._seed, epoch, self._sampling)

    def _plan(self, epoch: int) -> list[NDArray[np.intp]]:
        return plan_batches(self._order(epoch), self._schedule.batch_size)

    def _monitored(self) -> list[float]:
        rows = self._progress.epochs
        return [row["train_loss"] if math.isnan(row["val_loss"]) else row["val_loss"] for row in rows]

    def _is_stale(self) -> bool:
        progress, patience = self._progress, self._schedule.patience
        return bool(patience) and progress.epoch - progress.best_epoch >= patience

    def _outcome(self) -> Trained:
        return Trained(self._best, [Epoch(**row) for row in self._progress.epochs], self._progress.best_epoch)

    def _resume(self) -> None:
        state = self._checkpoint.load()
        if state is None:
            return
        self._progress = Progress(**state["progress"])
        self._stepper.parts = max(self._stepper.parts, self._progress.parts)
        self._classifier.load_state_dict(state["classifier"])
        self._stepper.optimiser.load_state_dict(state["optimiser"])
        if self._average is not None:
            self._average.module.load_state_dict(state["average"])
        self._best, self._rate = state["best"], state["rate"]
        if not self._progress.finished:
            next_batch = self._progress.epoch + 1, self._progress.batch + 1
            log.info("training resumes in %sepoch %d, batch %d", self._place, *next_batch)

    def _save_if_due(self) -> None:
        if self._checkpoint.is_due:
            self._save()

    def _save(self) -> None:
        if self._processes.rank:
            return
        state = {
            "progress": copy.deepcopy(asdict(self._progress)),
            "classifier": self._classifier.state_dict(),
            "optimiser": self._stepper.optimiser.state_dict(),
            "average": self._average.module.state_dict() if self._average is not None else None,
            "best": self._best,
            "rate": self._rate,
        }
        self._checkpoint.save(state)


def _check_parts(smallest_batch: int, processes: int) -> None:
    if smallest_batch < 2 * processes:
        raise InputError(
            found=f"a batch of {smallest_batch} tiles for {processes} processes",
            where="training",
            expected="at least two tiles for each process",
            advice="raise schedule.batch_size, or start fewer processes",
        )


def _tell(epoch: Epoch, epochs: int) -> str:
    told = f"epoch {epoch.epoch} of {epochs}: training loss {epoch.train_loss:.3f}"
    if not math.isnan(epoch.val_map):
        told += f"; held-out images: loss {epoch.val_loss:.3f}, mean AP {epoch.val_map:.3f}"
    return f"{told} ({epoch.seconds:.0f} s, {epoch.tiles_per_second:.0f} tiles/s)"
