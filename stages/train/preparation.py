"""What the training of one classifier starts with: the classifier, the loaders of its tiles, and its key."""

import hashlib
import logging
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from data.augment.augmentation import Augmentation
from data.labels.label_set import read_label_set
from data.tiles.batch_loader import BatchLoader
from data.tiles.joined_tiles import JoinedTiles
from data.tiles.preparation import measure_channels
from data.tiles.tile_store import TileStore
from data.training.balance import TrainingItems, balance_items
from data.training.feature_loader import FeatureLoader
from data.training.training_set import TrainingSet
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.feature_classifier import FeatureClassifier
from models.classifiers.initial_weights import load_initial_weights
from models.device import to_device, uses_bfloat16
from models.losses.settings import output_of
from models.training.averaging.weight_interpolation import WeightInterpolation
from models.training.distributed import Processes
from models.training.training_data import TrainingData
from stages.train.caching import find_obstacle
from stages.train.settings import TrainSettings

_STATISTICS_TILES = 1024
_HASHED_ROWS = 8192

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class FoldCells:
    """The cells of one training.

    Attributes
    ----------
    store
        The tiles.
    training_set
        Cells and targets.
    held_out
        (n,) bool: which of them are held out.
    softened
        (n, classes): targets to train on in place of those given, which still decide how often each cell
        comes, and by which the held-out cells are evaluated; or None.
    kept
        Rows of all cells that no filter dropped, with or without a label; those of the training set if None.
    """

    store: TileStore | JoinedTiles
    training_set: TrainingSet
    held_out: NDArray[np.bool_]
    softened: NDArray[np.float32] | None = None
    kept: NDArray[np.intp] | None = None

    @property
    def trained(self) -> NDArray[np.intp]:
        """Numbers of the cells that are trained on."""
        return np.flatnonzero(~self.held_out)

    def name(self, cells: NDArray[np.intp]) -> str:
        """Name some cells, each once, for messages."""
        image_ids, cell_ids = self.training_set.image_ids, self.training_set.cell_ids
        return ", ".join(dict.fromkeys(f"{image_ids[cell]}/{cell_ids[cell]}" for cell in cells))

    def hash(self) -> bytes:
        """Hash cells, targets and tiles."""
        rows, targets = self.training_set.rows, self.training_set.targets
        digest = hashlib.sha256(np.ascontiguousarray(rows).data)
        for start in range(0, len(targets), _HASHED_ROWS):
            digest.update(targets[start : start + _HASHED_ROWS].astype(np.float32).data)
        arrays = [self.held_out, self.store.mean_intensities()[rows]]
        for array in arrays if self.softened is None else [*arrays, self.softened]:
            digest.update(np.ascontiguousarray(array).data)
        return digest.digest()


@dataclass(frozen=True)
class HeadSetup:
    """The head of a classifier whose backbone does not learn, and the features that it is trained on.

    Attributes
    ----------
    classifier
        The head; as an object it is that of the whole classifier.
    data
        As the tiles and targets of the whole classifier, with features in place of tiles.
    unused_loader
        Features of the cells that are neither trained on nor held out, but predicted.
    """

    classifier: FeatureClassifier
    data: TrainingData
    unused_loader: FeatureLoader


@dataclass(frozen=True)
class FoldSetup:
    """A classifier that is ready to be trained, and what it is trained on.

    Attributes
    ----------
    cells, items, settings, processes
        The cells, how often each comes in an epoch, how they are trained on, and the processes that share
        each batch.
    classifier, data, augmentation
        The classifier, its tiles and targets, and how tiles are changed; None leaves them as they are.
    interpolation
        Averages the trained weights with the initial ones; None where it does not.
    key
        Hash of what the course of the training depends on.
    bfloat16
        Whether it computes in bfloat16.
    absent_classes
        Names of the classes of which no training cell, synthetic ones counted, is an example.
    head
        What is trained in place of the whole classifier where features are computed once; else None.
    """

    cells: FoldCells
    items: TrainingItems
    settings: TrainSettings
    processes: Processes
    classifier: Classifier
    data: TrainingData
    augmentation: Augmentation | None
    interpolation: WeightInterpolation | None
    key: str
    bfloat16: bool
    absent_classes: tuple[str, ...]
    head: HeadSetup | None = None

    @property
    def trained(self) -> Classifier:
        """What is trained: the classifier, or its head alone."""
        return self.classifier if self.head is None else self.head.classifier

    @property
    def training_data(self) -> TrainingData:
        """What it is trained on: tiles, or features."""
        return self.data if self.head is None else self.head.data


def set_up_fold(
    cells: FoldCells, settings: TrainSettings, device: torch.device, processes: Processes
) -> FoldSetup:
    """Make the classifier and the loaders of its tiles.

    Parameters
    ----------
    cells
        The cells to train on and to hold out.
    settings, device, processes
        How and where.

    Raises
    ------
    InputError
        The backbone, its weights or a setting cannot be had.
    """
    torch.manual_seed(settings.seed)
    training_set = cells.training_set
    architecture = _describe_classifier(cells, settings)
    key = _hash_training(cells, settings, architecture)
    classifier = to_device(Classifier(architecture), device)
    fits = load_initial_weights(classifier, settings.initial_weights) if settings.initial_weights else False
    label_set = read_label_set(settings.label_set)
    items = balance_items(training_set.targets[cells.trained], settings.data, label_set, settings.seed)
    absent = np.flatnonzero(~(items.targets > 0).any(axis=0))
    return FoldSetup(
        cells=cells,
        items=items,
        settings=settings,
        processes=processes,
        classifier=classifier,
        data=_make_data(cells, items, settings, processes),
        augmentation=Augmentation(settings.augment, settings.tiles.mask_planes),
        interpolation=_make_interpolation(classifier, settings, fits=fits),
        key=key,
        bfloat16=uses_bfloat16(settings.precision, device),
        absent_classes=tuple(training_set.class_names[label] for label in absent),
    )


def _describe_classifier(cells: FoldCells, settings: TrainSettings) -> Architecture:
    return Architecture(
        mode=output_of(settings.loss),
        tiles=settings.tiles,
        normalisation=_measure_channels(cells, settings),
        scaling=settings.chosen_scaling,
        backbone=settings.backbone,
        head=settings.head,
        class_names=cells.training_set.class_names,
        test_time_augmentation=settings.test_time_augmentation,
        image_weight=settings.image_weight,
        optional_channels=settings.optional_channels,
    )


def _measure_channels(cells: FoldCells, settings: TrainSettings) -> Normalisation:
    if settings.chosen_scaling != "fixed":
        channels = len(settings.tiles.channels)
        return Normalisation(mean=(0.0,) * channels, deviation=(1.0,) * channels)
    training_rows = cells.training_set.rows
    if find_obstacle(settings) is None:
        # So that features are the same in every fold, and stay so where more cells get a label.
        rows = training_rows if cells.kept is None else cells.kept
    else:
        rows = training_rows[cells.trained]
    sample = rows[:: max(1, len(rows) // _STATISTICS_TILES)]
    mean, deviation = measure_channels(cells.store, sample, settings.tiles)
    return Normalisation(mean=mean, deviation=deviation)


def _make_interpolation(
    classifier: Classifier, settings: TrainSettings, *, fits: bool
) -> WeightInterpolation | None:
    if not settings.initial_weight_fraction:
        return None
    if not fits:
        other = f"{settings.initial_weights} has other classes, outputs or weights than this training"
        reason = other if settings.initial_weights else "there is no start"
        log.info("initial_weight_fraction = %g is left out: %s", settings.initial_weight_fraction, reason)
        return None
    return WeightInterpolation(classifier, settings.initial_weight_fraction)


def _make_data(
    cells: FoldCells, items: TrainingItems, settings: TrainSettings, processes: Processes
) -> TrainingData:
    training_set, memory = cells.training_set, int(settings.tile_cache_gib * 2**30)
    cells_of_items, validation = cells.trained[items.cells], np.flatnonzero(cells.held_out)
    targets = items.targets
    if cells.softened is not None:
        targets = np.where((items.protein_gain < 1)[:, None], targets, cells.softened[cells_of_items])
    return TrainingData(
        loader=BatchLoader(
            cells.store,
            training_set.rows[cells_of_items],
            settings.tiles,
            protein_gain=items.protein_gain,
            workers=settings.workers,
            memory_bytes=memory,
        ),
        targets=targets,
        validation_loader=BatchLoader(
            cells.store,
            processes.part(training_set.rows[validation]),
            settings.tiles,
            workers=settings.workers,
            memory_bytes=memory,
        ),
        validation_targets=training_set.targets[validation].astype(np.float32),
        validation_images=training_set.image_ids.codes[validation],
        name=lambda items: cells.name(cells_of_items[items]),
    )


def _hash_training(cells: FoldCells, settings: TrainSettings, architecture: Architecture) -> str:
    """Hash what the course of a training depends on, but not how its batches are prepared.

    The versions of libraries are compared by the checkpoint, which says how they differ.
    """
    # The held-out cells say which fold it is.
    described = settings.of_result().model_dump_json(exclude={"split": {"fold"}, "calibration": True})
    digest = hashlib.sha256(described.encode())
    digest.update(architecture.model_dump_json().encode())
    digest.update(cells.hash())
    return digest.hexdigest()
