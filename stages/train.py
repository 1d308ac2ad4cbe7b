"""Train: fit a classifier of single-cell tiles to the labels of their images."""

import hashlib
import importlib.metadata
import logging
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field as Setting
from pydantic import model_validator

from data.augment import Augmentation, AugmentSettings
from data.batches import BatchLoader
from data.cells import read_cells
from data.folds import split_images
from data.labels import read_labels
from data.settings import Settings
from data.tile_preparation import TileSettings, measure_channels
from data.tiles import TileStore
from data.training_set import TrainingSet, select_training_set
from models.classifiers.backbones import BackboneSettings
from models.classifiers.classifier import Architecture, Classifier, Normalisation
from models.classifiers.heads import HeadSettings
from models.classifiers.model_folder import save_classifier
from models.device import Precision, choose_device, place, uses_bfloat16
from models.losses.classification import ClassificationLoss, LossSettings
from models.training.history import draw_curves, write_history
from models.training.progress import Trained, TrainingData
from models.training.schedule import OptimiserSettings, ScheduleSettings
from models.training.trainer import Trainer
from stages.stage import Context, StageReport, StageSettings

log = logging.getLogger("hpacells")

_STATISTICS_TILES = 1024


class SplitSettings(Settings):
    """Which images are held out to validate on."""

    folds: int = Setting(
        default=5, ge=0, description="one part in so many is held out; 0 or 1 holds out none"
    )
    fold: int = Setting(default=0, ge=0, description="which of the folds is held out")

    @model_validator(mode="after")
    def _check_fold(self) -> "SplitSettings":
        if self.fold >= max(self.folds, 1):
            message = f"fold must be below folds ({self.folds})"
            raise ValueError(message)
        return self


class TrainSettings(StageSettings):
    """Settings of the train stage; a recipe is a TOML file of them."""

    images: Literal["single", "all"] = Setting(
        default="single", description="images with one label (softmax), or all labelled images (sigmoid)"
    )
    seed: int = Setting(default=1, ge=0, description="of weights, order, changes of tiles and folds")
    device: str = Setting(default="auto", description="auto, cpu, cuda or cuda:N")
    precision: Precision = Setting(default="auto", description="auto, float32 or bfloat16")
    workers: int = Setting(default=2, ge=1, description="threads that prepare batches")
    memory_gib: float = Setting(
        default=2.0, ge=0, description="memory for tiles that are kept between epochs"
    )
    tiles: TileSettings = TileSettings()
    split: SplitSettings = SplitSettings()
    augment: AugmentSettings = AugmentSettings()
    backbone: BackboneSettings = BackboneSettings()
    head: HeadSettings = HeadSettings()
    loss: LossSettings = LossSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    schedule: ScheduleSettings = ScheduleSettings()

    @model_validator(mode="after")
    def _check_triplet(self) -> "TrainSettings":
        if self.loss.triplet.weight and self.images == "all":
            message = (
                'the triplet loss needs one label a tile: set images = "single" or loss.triplet.weight = 0'
            )
            raise ValueError(message)
        return self


def run(
    tiles: Path, cells: Path, labels: Path, model: Path, settings: TrainSettings, context: Context
) -> StageReport:
    """Train a classifier and write its folder.

    Parameters
    ----------
    tiles, cells
        Tile store and cells table; cells with a drop reason are left out.
    labels
        Label file; images without a label are left out and counted.
    model
        Folder for ``model.safetensors``, ``model.toml``, ``metrics.csv`` and ``curves.png``. An interrupted
        training leaves a checkpoint there, and one with the same data and settings goes on with it.

    Raises
    ------
    InputError
        The labels fit none of the images, no tile is left to train on, or a setting cannot be followed.
    """
    started = time.monotonic()
    table = read_cells(cells, ["image_id", "dropped"])
    store = TileStore(tiles, rows=len(table))
    chosen = select_training_set(table, read_labels(labels), settings.images, where=labels)
    held_out = _hold_out(chosen, settings)
    checkpoint = model / "checkpoint.pt"
    trainer, architecture = _make_trainer(store, chosen, held_out, settings, checkpoint)
    with context.track("train", trainer.steps) as advance:
        trained = trainer.run(advance)
    figures = _describe(chosen, held_out, trained)
    record = {"settings": settings.model_dump(mode="json"), "seed": settings.seed, "result": figures}
    save_classifier(model, architecture, trained.weights, record)
    write_history(model / "metrics.csv", trained.epochs)
    draw_curves(model / "curves.png", trained.epochs, trained.best_epoch)
    checkpoint.unlink(missing_ok=True)
    details = {"seed": settings.seed, "seconds": round(time.monotonic() - started, 1), **figures}
    return StageReport(counts=_summarise(figures), details=details)


def _hold_out(chosen: TrainingSet, settings: TrainSettings) -> np.ndarray:
    """Mark the cells of the images that are held out to validate on, (n,) bool."""
    split = settings.split
    held_out: set[str] = set()
    if split.folds > 1:
        _, held_out = split_images(chosen.labels, split.folds, split.fold, settings.seed)
        if not held_out:
            log.warning(
                "%d labelled images are too few to hold some out: training without validation",
                len(chosen.labels),
            )
    return np.isin(chosen.image_ids, sorted(held_out))


def _make_trainer(
    store: TileStore, chosen: TrainingSet, held_out: np.ndarray, settings: TrainSettings, checkpoint: Path
) -> tuple[Trainer, Architecture]:
    torch.manual_seed(settings.seed)
    device = choose_device(settings.device)
    rows = chosen.rows[~held_out]
    sample = rows[:: max(1, len(rows) // _STATISTICS_TILES)]
    mean, deviation = measure_channels(store, sample, settings.tiles)
    architecture = Architecture(
        mode="single-label" if settings.images == "single" else "multi-label",
        tiles=settings.tiles,
        normalisation=Normalisation(mean=mean, deviation=deviation),
        backbone=settings.backbone,
        head=settings.head,
    )
    data = TrainingData(
        loader=_load(store, rows, settings),
        targets=chosen.targets[~held_out],
        validation_loader=_load(store, chosen.rows[held_out], settings),
        validation_targets=chosen.targets[held_out],
    )
    trainer = Trainer(
        place(Classifier(architecture), device),
        ClassificationLoss(architecture.mode, data.targets, settings.loss),
        data,
        Augmentation(settings.augment),
        optimiser=settings.optimiser,
        schedule=settings.schedule,
        seed=settings.seed,
        bfloat16=uses_bfloat16(settings.precision, device),
        checkpoint=checkpoint,
        key=_hash_training(store, chosen, held_out, settings, architecture),
    )
    return trainer, architecture


def _load(store: TileStore, rows: np.ndarray, settings: TrainSettings) -> BatchLoader:
    memory = int(settings.memory_gib * 2**30)
    return BatchLoader(store, rows, settings.tiles, workers=settings.workers, memory_bytes=memory)


def _hash_training(
    store: TileStore,
    chosen: TrainingSet,
    held_out: np.ndarray,
    settings: TrainSettings,
    architecture: Architecture,
) -> str:
    """Hash what the course of a training depends on, but not how its batches are prepared."""
    irrelevant = {"workers": True, "memory_gib": True, "schedule": {"checkpoint_seconds"}}
    digest = hashlib.sha256(settings.model_dump_json(exclude=irrelevant).encode())
    digest.update(architecture.model_dump_json().encode())
    digest.update(importlib.metadata.version("torch").encode())
    for array in (chosen.rows, chosen.targets, held_out, store.mean_intensities()[chosen.rows]):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _describe(chosen: TrainingSet, held_out: np.ndarray, trained: Trained) -> dict[str, Any]:
    best = trained.epochs[trained.best_epoch - 1]
    figures: dict[str, Any] = {
        **chosen.counts,
        "classes": int(chosen.targets.any(axis=0).sum()),
        "validated": bool(held_out.any()),
        "training_cells": int((~held_out).sum()),
        "validation_cells": int(held_out.sum()),
        "validation_images": len(set(chosen.image_ids[held_out])),
        "epochs": len(trained.epochs),
        "best_epoch": trained.best_epoch,
        "train_loss": best.train_loss,
    }
    if held_out.any():
        figures |= {
            "val_loss": best.val_loss,
            "val_accuracy": best.val_accuracy,
            "val_macro_f1": best.val_macro_f1,
            "val_map": best.val_map,
        }
    return figures


def _summarise(figures: dict[str, Any]) -> dict[str, int | float]:
    """Choose the numbers that the user is told; those of things left out only where there are any."""
    told = ["images", "training_cells", "validation_cells", "classes", "epochs"]
    left_out = ("images_without_label", "images_with_several_labels", "labels_of_other_images")
    told += [name for name in left_out if figures[name]]
    counts = {name.replace("_", " "): figures[name] for name in told}
    if figures["validated"]:
        counts["validation mAP"] = round(figures["val_map"], 3)
    return counts
