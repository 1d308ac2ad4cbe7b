"""What the training of one classifier starts with: the classifier, the loaders of its tiles, and its key."""

import hashlib
import importlib.metadata
import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from data.augment.augmentation import Augmentation
from data.labels.label_set import read_label_set
from data.tiles.batch_loader import BatchLoader
from data.tiles.preparation import measure_channels
from data.tiles.tile_store import TileStore
from data.training.balance import TrainingItems, balance_items
from data.training.training_set import TrainingSet
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.initial_weights import load_start
from models.device import place, uses_bfloat16
from models.losses.settings import output_of
from models.training.distributed import Processes
from models.training.training_data import TrainingData
from models.training.weight_interpolation import StartBlend
from stages.train.settings import TrainSettings

_STATISTICS_TILES = 1024

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class Prepared:
    """A classifier that is ready to be trained, and what it is trained on.

    Attributes
    ----------
    classifier, data, augmentation
        The classifier, its tiles and targets, and how tiles are changed.
    blend
        Averages the trained weights with those that the training starts from; None where it does not.
    key
        Hash of what the course of the training depends on.
    bfloat16
        Whether it computes in bfloat16.
    absent_classes
        Names of the classes of which no training cell, made ones counted, is an example.
    """

    classifier: Classifier
    data: TrainingData
    augmentation: Augmentation
    blend: StartBlend | None
    key: str
    bfloat16: bool
    absent_classes: tuple[str, ...]


def prepare_fold(
    store: TileStore,
    chosen: TrainingSet,
    held_out: NDArray[np.bool_],
    settings: TrainSettings,
    device: torch.device,
    processes: Processes,
    softened: NDArray[np.float32] | None = None,
) -> Prepared:
    """Make the classifier and the loaders of its tiles.

    Parameters
    ----------
    store
        The tiles.
    chosen
        Cells and targets.
    held_out
        (n,) bool: which of them are held out.
    settings, device, processes
        How and where.
    softened
        (n, classes): targets to train on in place of those given, which still decide how often each cell
        comes, and which the held-out cells are judged by.

    Raises
    ------
    InputError
        The backbone, its weights or a setting cannot be had.
    """
    torch.manual_seed(settings.seed)
    trained = np.flatnonzero(~held_out)
    rows = chosen.rows[trained]
    sample = rows[:: max(1, len(rows) // _STATISTICS_TILES)]
    mean, deviation = measure_channels(store, sample, settings.tiles)
    architecture = Architecture(
        mode=output_of(settings.loss),
        tiles=settings.tiles,
        normalisation=Normalisation(mean=mean, deviation=deviation),
        backbone=settings.backbone,
        head=settings.head,
        class_names=chosen.class_names,
        symmetries=settings.symmetries,
        image_share=settings.image_share,
    )
    classifier = place(Classifier(architecture), device)
    fits = load_start(classifier, settings.start) if settings.start else False
    label_set = read_label_set(settings.label_set)
    items = balance_items(chosen.targets[trained], settings.data, label_set, settings.seed)
    absent = np.flatnonzero(~(items.targets > 0).any(axis=0))
    return Prepared(
        classifier=classifier,
        data=_make_data(store, chosen, held_out, items, settings, processes, softened),
        augmentation=Augmentation(settings.augment, settings.tiles.mask_planes),
        blend=_make_blend(classifier, settings, fits=fits),
        key=_hash_training(store, chosen, held_out, softened, settings, architecture),
        bfloat16=uses_bfloat16(settings.precision, device),
        absent_classes=tuple(chosen.class_names[label] for label in absent),
    )


def _make_blend(classifier: Classifier, settings: TrainSettings, *, fits: bool) -> StartBlend | None:
    if not settings.start_share:
        return None
    if not fits:
        other = f"{settings.start} has other classes, outputs or weights than this training"
        reason = other if settings.start else "there is no start"
        log.info("start_share = %g is left out: %s", settings.start_share, reason)
        return None
    return StartBlend(classifier, settings.start_share)


def _make_data(
    store: TileStore,
    chosen: TrainingSet,
    held_out: NDArray[np.bool_],
    items: TrainingItems,
    settings: TrainSettings,
    processes: Processes,
    softened: NDArray[np.float32] | None,
) -> TrainingData:
    memory = int(settings.memory_gib * 2**30)
    cells, validation = np.flatnonzero(~held_out)[items.cells], np.flatnonzero(held_out)
    targets = items.targets
    if softened is not None:
        targets = np.where((items.green < 1)[:, None], targets, softened[cells])
    return TrainingData(
        loader=BatchLoader(
            store,
            chosen.rows[cells],
            settings.tiles,
            green=items.green,
            workers=settings.workers,
            memory_bytes=memory,
        ),
        targets=targets,
        validation_loader=BatchLoader(
            store,
            processes.part(chosen.rows[validation]),
            settings.tiles,
            workers=settings.workers,
            memory_bytes=memory,
        ),
        validation_targets=chosen.targets[validation],
        validation_images=chosen.image_ids[validation],
        name=_name_cells(chosen, cells),
    )


def _name_cells(chosen: TrainingSet, cells: NDArray[np.intp]) -> Callable[[NDArray[np.intp]], str]:
    def name(items: NDArray[np.intp]) -> str:
        told = [f"{chosen.image_ids[cell]}/{chosen.cell_ids[cell]}" for cell in cells[items]]
        return ", ".join(dict.fromkeys(told))

    return name


def _hash_training(
    store: TileStore,
    chosen: TrainingSet,
    held_out: NDArray[np.bool_],
    softened: NDArray[np.float32] | None,
    settings: TrainSettings,
    architecture: Architecture,
) -> str:
    """Hash what the course of a training depends on, but not how its batches are prepared."""
    # The fold is told by the cells that are held out.
    described = settings.of_result().model_dump_json(exclude={"split": {"fold"}})
    digest = hashlib.sha256(described.encode())
    digest.update(architecture.model_dump_json().encode())
    digest.update(importlib.metadata.version("torch").encode())
    arrays = [chosen.rows, chosen.targets, held_out, store.mean_intensities()[chosen.rows]]
    for array in arrays if softened is None else [*arrays, softened]:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
