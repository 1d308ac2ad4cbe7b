"""The training of one classifier: on the cells that are not held out, phase by phase."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.thresholds.half import HalfThresholds
from data.thresholds.thresholds import find_thresholds
from models.classifiers.classifier import Architecture
from models.losses.classification import ClassificationLoss
from models.losses.settings import LossSettings
from models.training.checkpoint import Checkpoint
from models.training.distributed import Processes
from models.training.optimisers.settings import OptimiserSettings
from models.training.schedule import PhaseSettings, ScheduleSettings
from models.training.trainer import Trainer, TrainingResult
from models.training.training_data import TrainingData
from models.training.training_step import Stepper
from models.training.validation import predict_held_out as predict
from models.training.weight_interpolation import StartBlend
from stages.train.preparation import Prepared
from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class FoldResult:
    """A trained classifier.

    Attributes
    ----------
    architecture, trained
        What it is, and its weights and epochs, those of later phases numbered on.
    probabilities
        (n, classes) of the held-out cells.
    thresholds
        (classes,), found on the held-out cells; None where the settings ask for none, or no cell is held out.
    """

    architecture: Architecture
    trained: TrainingResult
    probabilities: NDArray[np.float32]
    thresholds: NDArray[np.float64] | None


def train_fold(
    prepared: Prepared,
    folder: Path,
    settings: TrainSettings,
    processes: Processes,
    advance: Callable[[int], None],
    place: str = "",
) -> FoldResult:
    """Train through all phases; checkpoints in the folder let an interrupted training go on.

    Messages name the phase where there are several, after ``place``: the fold, or nothing.

    Raises
    ------
    InputError
        The loss is no number any more.
    """
    classifier = prepared.classifier
    places = _name_phases(place, settings)
    first = folder / "checkpoint.pt"
    blend = None if settings.phases else prepared.blend
    trainer = make_trainer(prepared, first, settings, processes, blend=blend, place=places[0])
    trained = trainer.run(advance)
    classifier.load_state_dict(trained.weights)
    for number, phase in enumerate(settings.phases, start=1):
        trainer = _make_phase_trainer(prepared, folder, settings, processes, phase, number, places[number])
        further = trainer.run(advance)
        classifier.load_state_dict(further.weights)
        trained = _follow(trained, further, number + 1)
    probabilities = predict_held_out(prepared, prepared.data, settings, processes)
    return FoldResult(
        classifier.architecture, trained, probabilities, _choose_thresholds(prepared, probabilities, settings)
    )


def predict_held_out(
    prepared: Prepared, data: TrainingData, settings: TrainSettings, processes: Processes
) -> NDArray[np.float32]:
    """Give the probabilities (n, classes) of held-out cells, by the classifier as it is now."""
    classifier = prepared.classifier
    if not len(data.validation_targets):
        return np.zeros((0, len(classifier.architecture.class_names)), np.float32)
    size = 2 * settings.schedule.batch_size
    return predict(classifier, data, processes, batch_size=size, bfloat16=prepared.bfloat16).numpy()


def count_steps(prepared: Prepared, settings: TrainSettings) -> int:
    """Count the steps of all phases."""
    epochs = settings.schedule.epochs + sum(phase.epochs for phase in settings.phases)
    return epochs * -(-len(prepared.data.loader) // settings.schedule.batch_size)


def make_trainer(
    prepared: Prepared,
    checkpoint: Path,
    settings: TrainSettings,
    processes: Processes,
    *,
    loss: LossSettings | None = None,
    optimiser: OptimiserSettings | None = None,
    schedule: ScheduleSettings | None = None,
    key: str = "",
    blend: StartBlend | None = None,
    place: str = "",
) -> Trainer:
    """Make the trainer of one phase: as the settings say, but for what is given."""
    seconds = settings.schedule.checkpoint_seconds
    return Trainer(
        make_stepper(prepared, settings, processes, loss=loss, optimiser=optimiser),
        prepared.augmentation,
        rate=settings.rate,
        schedule=schedule or settings.schedule,
        seed=settings.seed,
        checkpoint=Checkpoint(checkpoint, prepared.key + key, seconds),
        blend=blend,
        place=place,
    )


def make_stepper(
    prepared: Prepared,
    settings: TrainSettings,
    processes: Processes,
    *,
    loss: LossSettings | None = None,
    optimiser: OptimiserSettings | None = None,
) -> Stepper:
    """Make what takes single training steps: as the settings say, but for what is given."""
    targets = prepared.data.targets
    return Stepper(
        prepared.classifier,
        ClassificationLoss(settings.loss if loss is None else loss, targets),
        prepared.data,
        settings.optimiser if optimiser is None else optimiser,
        parts=settings.schedule.accumulate,
        bfloat16=prepared.bfloat16,
        processes=processes,
    )


def _make_phase_trainer(
    prepared: Prepared,
    folder: Path,
    settings: TrainSettings,
    processes: Processes,
    phase: PhaseSettings,
    number: int,
    place: str,
) -> Trainer:
    # A phase may train what an earlier one has frozen.
    frozen = "all" if phase.train == "head" else settings.backbone.frozen
    prepared.classifier.backbone.freeze(frozen)
    rate = phase.learning_rate or settings.optimiser.learning_rate
    return make_trainer(
        prepared,
        folder / f"checkpoint-{number}.pt",
        settings,
        processes,
        loss=phase.loss,
        optimiser=settings.optimiser.model_copy(update={"learning_rate": rate}),
        schedule=settings.schedule.model_copy(update={"epochs": phase.epochs}),
        key=f" phase {number}",
        blend=prepared.blend if number == len(settings.phases) else None,
        place=place,
    )


def _name_phases(fold: str, settings: TrainSettings) -> list[str]:
    """Name the places of all phases in the whole training: fold and phase, where there are several."""
    count = 1 + len(settings.phases)
    names = [f"phase {number} of {count}" if count > 1 else "" for number in range(1, count + 1)]
    return [", ".join(part for part in (fold, name) if part) for name in names]


def _follow(first: TrainingResult, second: TrainingResult, phase: int) -> TrainingResult:
    """Join a later phase to what went before, its epochs numbered on."""
    before = len(first.epochs)
    later = [replace(epoch, epoch=epoch.epoch + before, phase=phase) for epoch in second.epochs]
    return TrainingResult(second.weights, [*first.epochs, *later], second.best_epoch + before)


def _choose_thresholds(
    prepared: Prepared, probabilities: NDArray[np.float32], settings: TrainSettings
) -> NDArray[np.float64] | None:
    if isinstance(settings.thresholds, HalfThresholds) or not len(probabilities):
        return None
    return find_thresholds(settings.thresholds, probabilities, prepared.data.validation_targets)
