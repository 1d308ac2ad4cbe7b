"""The training loop."""

import copy
import logging
import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.augment.augmentation import Augmentation
from data.batches import plan_batches, shuffle_items
from models.classifiers.classifier import Classifier
from models.classifiers.inference import score_tiles, to_tensor
from models.losses.classification import ClassificationLoss
from models.training.average import make_average
from models.training.checkpoint import load_checkpoint, save_checkpoint
from models.training.depthwise import FloatDepthwiseGradients
from models.training.descent import descend
from models.training.history import Epoch
from models.training.metrics import measure_quality
from models.training.optimisers import OptimiserSettings, make_optimiser, set_learning_rate
from models.training.parameter_groups import split_parameters
from models.training.progress import Progress, Trained, TrainingData
from models.training.rates.rate import RateSettings, rate_factor
from models.training.schedule import ScheduleSettings

log = logging.getLogger("hpacells")


class Trainer:
    """Train a classifier; an interrupted training with the same checkpoint file and key is gone on with.

    Parameters
    ----------
    classifier
        On its device.
    loss
        What is minimised.
    data
        Tiles and targets.
    augmentation
        How training tiles are changed.
    optimiser, rate, schedule
        Settings.
    seed
        Of the order of tiles, their changes and dropout.
    bfloat16
        Compute in bfloat16 where that is safe.
    checkpoint, key
        Checkpoint file, and what the training depends on.
    """

    def __init__(
        self,
        classifier: Classifier,
        loss: ClassificationLoss,
        data: TrainingData,
        augmentation: Augmentation,
        *,
        optimiser: OptimiserSettings,
        rate: RateSettings,
        schedule: ScheduleSettings,
        seed: int,
        bfloat16: bool,
        checkpoint: Path,
        key: str,
    ) -> None:
        self._device = next(classifier.parameters()).device
        self._classifier = classifier
        self._loss = loss.to(self._device)
        self._data, self._augmentation = data, augmentation
        self._optimiser_settings, self._rate_settings = optimiser, rate
        self._schedule, self._seed = schedule, seed
        self._bfloat16, self._checkpoint, self._key = bfloat16, checkpoint, key
        groups = split_parameters(classifier.backbone, classifier.head, len(optimiser.group_factors))
        self._optimiser = make_optimiser(groups, optimiser)
        self._average = make_average(classifier, schedule.average) if schedule.average else None
        self._progress = Progress()
        self._best: dict[str, Tensor] = {}
        self._sampling = _sampling_weights(data.targets) if schedule.balanced else None
        self._batches = len(plan_batches(self._order(0), schedule.batch_size))
        self._last_checkpoint = time.monotonic()

    @property
    def steps(self) -> int:
        """Steps of the whole training, unless it ends early."""
        return self._schedule.epochs * self._batches

    def run(self, advance: Callable[[int], None] = lambda _: None) -> Trained:
        """Train to the end.

        Parameters
        ----------
        advance
            Called with the number of steps done since the last call.

        Raises
        ------
        InputError
            The loss is no number any more.
        """
        torch.manual_seed(self._seed)
        self._resume()
        progress = self._progress
        advance(progress.epoch * self._batches + progress.batch)
        while progress.epoch < self._schedule.epochs and not self._is_stale():
            self._train_epoch(advance)
            self._finish_epoch()
            self._save_if_due()
        return Trained(self._best, [Epoch(**row) for row in progress.epochs], progress.best_epoch)

    def _train_epoch(self, advance: Callable[[int], None]) -> None:
        progress, loader = self._progress, self._data.loader
        self._classifier.train()
        plan = plan_batches(self._order(progress.epoch), self._schedule.batch_size)
        batches = loader.batches(
            plan,
            start=progress.batch,
            augmentation=self._augmentation,
            seed=(self._seed, progress.epoch),
        )
        started, waited = time.perf_counter(), loader.wait_seconds
        with closing(batches):
            for batch in batches:
                targets = torch.from_numpy(self._data.targets[batch.items]).to(self._device)
                loss = self._step(to_tensor(batch, self._device), targets)
                progress.loss_sum += loss * len(batch.items)
                progress.tiles += len(batch.items)
                progress.batch += 1
                now = time.perf_counter()
                progress.train_seconds += now - started
                progress.wait_seconds += loader.wait_seconds - waited
                started, waited = now, loader.wait_seconds
                self._save_if_due()
                advance(1)

    def _step(self, tiles: Tensor, targets: Tensor) -> float:
        step = self._progress.epoch * self._batches + self._progress.batch
        highest = self._optimiser_settings.learning_rate
        losses = [row["val_loss"] for row in self._progress.epochs]
        self._rate = highest * rate_factor(
            self._rate_settings, highest, step, self._batches, self._schedule.epochs, losses
        )
        set_learning_rate(self._optimiser, self._rate)
        low = torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16)
        with FloatDepthwiseGradients(), low:
            scores = self._classifier(tiles)
        loss = self._loss(scores.logits, scores.embedding, targets)
        value = descend(
            loss,
            self._classifier,
            self._optimiser,
            most_gradient=self._optimiser_settings.most_gradient,
            when=f"epoch {self._progress.epoch + 1}",
        )
        if self._average is not None:
            self._average.update(self._classifier, step=step)
        return value

    def _finish_epoch(self) -> None:
        progress = self._progress
        started = time.perf_counter()
        train_loss = progress.loss_sum / progress.tiles
        figures = self._validate()
        score = figures["val_map"] if self._schedule.monitor == "map" else -figures["val_loss"]
        if math.isnan(score) or score > progress.best_score:
            progress.best_score = score if math.isfinite(score) else progress.best_score
            progress.best_epoch = progress.epoch + 1
            self._best = {
                name: tensor.detach().cpu().clone() for name, tensor in self._evaluated().state_dict().items()
            }
        epoch = Epoch(
            epoch=progress.epoch + 1,
            lr=self._rate,
            train_loss=train_loss,
            **figures,
            seconds=progress.train_seconds + time.perf_counter() - started,
            tiles_per_second=progress.tiles / progress.train_seconds,
            wait_seconds=progress.wait_seconds,
        )
        log.info("%s", _tell(epoch, self._schedule.epochs))
        progress.epochs.append(asdict(epoch))
        progress.epoch += 1
        progress.batch, progress.tiles, progress.loss_sum = 0, 0, 0.0
        progress.train_seconds = progress.wait_seconds = 0.0

    def _validate(self) -> dict[str, float]:
        names = ("val_loss", "val_accuracy", "val_macro_f1", "val_map")
        if not len(self._data.validation_targets):
            return dict.fromkeys(names, math.nan)
        classifier = self._evaluated()
        scored = score_tiles(
            classifier,
            self._data.validation_loader,
            batch_size=2 * self._schedule.batch_size,
            bfloat16=self._bfloat16,
        )
        logits = torch.cat([logits for _, logits, _ in scored])
        targets = torch.from_numpy(self._data.validation_targets)
        loss = self._loss.classes(logits.to(self._device), targets.to(self._device))
        single = classifier.architecture.mode == "single-label"
        quality = measure_quality(classifier.probabilities(logits), targets, single_label=single)
        return dict(zip(names, (float(loss), *quality), strict=True))

    def _evaluated(self) -> Classifier:
        return self._classifier if self._average is None else self._average.module

    def _order(self, epoch: int) -> NDArray[np.intp]:
        return shuffle_items(len(self._data.loader), self._seed, epoch, self._sampling)

    def _is_stale(self) -> bool:
        progress, patience = self._progress, self._schedule.patience
        return bool(patience) and progress.epoch - progress.best_epoch >= patience

    def _resume(self) -> None:
        state = load_checkpoint(self._checkpoint, self._key)
        if state is None:
            return
        self._progress = Progress(**state["progress"])
        self._classifier.load_state_dict(state["classifier"])
        self._optimiser.load_state_dict(state["optimiser"])
        if self._average is not None:
            self._average.module.load_state_dict(state["average"])
        self._best, self._rate = state["best"], state["rate"]
        log.info("training goes on in epoch %d, batch %d", self._progress.epoch + 1, self._progress.batch + 1)

    def _save_if_due(self) -> None:
        if time.monotonic() - self._last_checkpoint < self._schedule.checkpoint_seconds:
            return
        state = {
            "progress": copy.deepcopy(asdict(self._progress)),
            "classifier": self._classifier.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "average": self._average.module.state_dict() if self._average is not None else None,
            "best": self._best,
            "rate": self._rate,
        }
        save_checkpoint(self._checkpoint, self._key, state)
        self._last_checkpoint = time.monotonic()


def _sampling_weights(targets: NDArray[np.float32]) -> NDArray[np.float64]:
    counts = np.maximum(targets.sum(axis=0), 1)
    return (targets / counts).max(axis=1).astype(np.float64)


def _tell(epoch: Epoch, epochs: int) -> str:
    told = f"epoch {epoch.epoch} of {epochs}: training loss {epoch.train_loss:.3f}"
    if not math.isnan(epoch.val_map):
        told += f"; held-out images: loss {epoch.val_loss:.3f}, mean AP {epoch.val_map:.3f}"
    return f"{told} ({epoch.seconds:.0f} s, {epoch.tiles_per_second:.0f} tiles/s)"
