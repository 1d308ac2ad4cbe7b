"""The training of one classifier: on the cells that are not held out, phase by phase."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.rules.image_mean import average_with_image_mean
from data.thresholds.half import HalfThresholds
from data.thresholds.thresholds import find_thresholds
from data.tiles.batch_loader import BatchLoader
from data.training.feature_loader import FeatureLoader
from models.classifiers.classifier import Architecture
from models.losses.classification import ClassificationLoss
from models.training.checkpoint import Checkpoint
from models.training.trainer import Trainer, TrainingResult
from models.training.training_data import TrainingData
from models.training.training_step import TrainingStep
from models.training.validation import validation_probabilities
from stages.train.cells.splits import Split
from stages.train.cells.unused_cells import UnusedCells
from stages.train.phases import Phase, count_epochs, list_phases
from stages.train.preparation import FoldSetup
from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class FoldResult:
    """A trained classifier.

    Attributes
    ----------
    split
        Where it belongs, and the cells that it held out.
    architecture, training
        What it is, and its weights and epochs, those of later phases numbered on.
    own_probabilities
        (n, classes) of the held-out cells, without the means of their images.
    probabilities, unused_probabilities
        (n, classes) of the held-out cells, and (m, classes) of the unused cells that it predicts.
    thresholds
        (classes,), found on the held-out cells; None where the settings ask for none, or no cell is held out.
    """

    split: Split
    architecture: Architecture
    training: TrainingResult
    own_probabilities: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    unused_probabilities: NDArray[np.float32]
    thresholds: NDArray[np.float64] | None


class Fold:
    """Trains one classifier, and predicts with it.

    Parameters
    ----------
    setup
        The classifier, its cells, and how it is trained.
    split
        In its folder, checkpoints let an interrupted training resume.
    unused
        Cells that are neither trained on nor held out, but predicted.
    name
        Name of the fold, for messages; or empty.
    """

    def __init__(self, setup: FoldSetup, split: Split, unused: UnusedCells, name: str = "") -> None:
        self._setup, self._split, self._unused = setup, split, unused
        self._phases = list_phases(setup.settings, name)

    @property
    def steps(self) -> int:
        """Steps of all phases."""
        settings = self._setup.settings
        return count_epochs(settings) * -(-len(self._setup.data.loader) // settings.fit.batch_size)

    def fit(self, advance: Callable[[int], None]) -> FoldResult:
        """Train through all phases, then predict with the best weights.

        Parameters
        ----------
        advance
            Called with the number of steps done since the last call.

        Raises
        ------
        InputError
            The loss became NaN or infinite.
        """
        classifier = self._setup.classifier
        training = None
        for phase in self._phases:
            result = self._make_trainer(phase).run(advance)
            self._setup.trained.load_state_dict(result.weights)
            training = result if training is None else _join(training, result, phase)
        assert training is not None  # noqa: S101 # nosec B101 # there is always the main training
        if self._setup.head is not None:
            # Of which training knew the head alone.
            whole = {name: tensor.detach().cpu().clone() for name, tensor in classifier.state_dict().items()}
            training = replace(training, weights=whole)
        held_out, unused = self._held_out_data(), self._unused_data()
        own = self._predict_own(held_out)
        probabilities = self._average(own, held_out)
        return FoldResult(
            self._split,
            classifier.architecture,
            training,
            own,
            probabilities,
            self._average(self._predict_own(unused), unused),
            self._find_thresholds(probabilities),
        )

    @property
    def _predicts_features(self) -> bool:
        # Turned and mirrored tiles have features of their own, which only the whole classifier computes.
        return self._setup.head is not None and not self._setup.settings.test_time_augmentation

    def _held_out_data(self) -> TrainingData:
        return self._setup.training_data if self._predicts_features else self._setup.data

    def _unused_data(self) -> TrainingData:
        """Return the unused cells in place of those that are held out; they have no targets."""
        setup, settings = self._setup, self._setup.settings
        rows = self._unused.rows
        loader: BatchLoader | FeatureLoader
        if setup.head is not None and self._predicts_features:
            loader = setup.head.unused_loader
        else:
            loader = BatchLoader(
                setup.cells.store, setup.processes.part(rows), settings.tiles, workers=settings.workers
            )
        return replace(
            setup.data,
            validation_loader=loader,
            validation_targets=np.zeros((len(rows), setup.data.targets.shape[1]), np.float32),
            validation_images=self._unused.image_ids.codes,
        )

    def _make_trainer(self, phase: Phase) -> Trainer:
        setup, settings = self._setup, phase.settings
        setup.trained.backbone.freeze(settings.backbone.frozen)
        path = self._split.folder / phase.checkpoint_name
        return Trainer(
            make_training_step(setup, settings),
            setup.augmentation,
            lr_schedule=settings.lr_schedule,
            schedule=settings.fit,
            seed=settings.seed,
            checkpoint=Checkpoint(path, setup.key + phase.key, settings.fit.checkpoint_seconds),
            interpolation=setup.interpolation if phase.is_last else None,
            prefix=phase.name,
        )

    def _average(self, own: NDArray[np.float32], data: TrainingData) -> NDArray[np.float32]:
        """Average what is said of the held-out cells of some data with the means of their images."""
        weight = self._setup.classifier.architecture.image_weight
        return average_with_image_mean(own, data.validation_images, weight)

    def _predict_own(self, data: TrainingData) -> NDArray[np.float32]:
        """Predict each held-out cell of some data by itself, (n, classes), by the classifier as it is now."""
        setup = self._setup
        if not len(data.validation_targets):
            return np.zeros((0, len(setup.classifier.architecture.class_names)), np.float32)
        return validation_probabilities(
            setup.trained if self._predicts_features else setup.classifier,
            data,
            setup.processes,
            batch_size=2 * setup.settings.fit.batch_size,
            bfloat16=setup.bfloat16,
        ).numpy()

    def _find_thresholds(self, probabilities: NDArray[np.float32]) -> NDArray[np.float64] | None:
        settings = self._setup.settings.thresholds
        if isinstance(settings, HalfThresholds) or not len(probabilities):
            return None
        return find_thresholds(settings, probabilities, self._setup.data.validation_targets)


def make_training_step(setup: FoldSetup, settings: TrainSettings) -> TrainingStep:
    """Make what takes single training steps, with the loss and optimiser of the settings."""
    return TrainingStep(
        setup.trained,
        ClassificationLoss(settings.loss, setup.data.targets),
        setup.training_data,
        settings.optimiser,
        micro_batches=settings.fit.accumulation_steps,
        bfloat16=setup.bfloat16,
        processes=setup.processes,
    )


def _join(earlier: TrainingResult, result: TrainingResult, phase: Phase) -> TrainingResult:
    """Join a later phase to what went before, its epochs numbered on."""
    before = len(earlier.epochs)
    epochs = [replace(epoch, epoch=epoch.epoch + before, phase=phase.number + 1) for epoch in result.epochs]
    return TrainingResult(result.weights, [*earlier.epochs, *epochs], result.best_epoch + before)
