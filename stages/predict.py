"""Predict: give every cell the probabilities of its classes."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field as Setting

from data.batches import BatchLoader
from data.cells import read_cells
from data.predictions import write_predictions
from data.tiles import TileStore
from models.classifiers.classifier import Classifier
from models.classifiers.inference import score_tiles
from models.classifiers.model_folder import load_classifier
from models.device import Precision, choose_device, place, uses_bfloat16
from stages.stage import Context, StageReport, StageSettings


class PredictSettings(StageSettings):
    """Settings of the predict stage."""

    batch_size: int = Setting(default=128, ge=1, description="tiles at a time")
    device: str = Setting(default="auto", description="auto, cpu, cuda or cuda:N")
    precision: Precision = Setting(default="auto", description="auto, float32 or bfloat16")
    workers: int = Setting(default=2, ge=1, description="threads that prepare batches")
    test_time_augmentation: bool = Setting(
        default=False, description="average over the eight symmetries of the square: better, 8 times as long"
    )
    embedding: bool = Setting(default=False, description="also write the embedding of every cell")
    dropped: bool = Setting(default=False, description="also predict the cells that a filter dropped")


def run(
    tiles: Path, cells: Path, model: Path, output: Path, settings: PredictSettings, context: Context
) -> StageReport:
    """Write ``predictions.parquet``, a row a cell in the order of the cells table.

    Parameters
    ----------
    tiles, cells
        Tile store and cells table.
    model
        Folder of a trained classifier.
    output
        The file to write.

    Raises
    ------
    InputError
        A file is missing or does not fit the others.
    """
    table = read_cells(cells, ["image_id", "cell_id", "dropped"])
    store = TileStore(tiles, rows=len(table))
    device = choose_device(settings.device)
    classifier = place(load_classifier(model), device)
    kept = np.ones(len(table), bool) if settings.dropped else (table["dropped"] == "").to_numpy(bool)
    rows = np.flatnonzero(kept)
    probabilities, embeddings = _predict(classifier, store, rows, settings, device, context)
    chosen = table.iloc[rows]
    write_predictions(
        output,
        chosen["image_id"].to_numpy(dtype=str),
        chosen["cell_id"].to_numpy(),
        probabilities,
        embeddings if settings.embedding else None,
    )
    return StageReport(
        counts={"cells": len(rows), "left out": len(table) - len(rows)},
        details={"mode": classifier.architecture.mode, "device": str(device)},
    )


def _predict(
    classifier: Classifier,
    store: TileStore,
    rows: NDArray[np.intp],
    settings: PredictSettings,
    device: torch.device,
    context: Context,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give (n, classes) probabilities and (n, D) embeddings of some rows; D is 0 where none are asked for."""
    architecture = classifier.architecture
    loader = BatchLoader(store, rows, architecture.tiles, workers=settings.workers)
    probabilities = np.zeros((len(rows), len(architecture.class_names)), np.float32)
    length = architecture.head.embedding if settings.embedding else 0
    embeddings = np.zeros((len(rows), length), np.float32)
    with context.track("predict", len(rows)) as advance:
        for items, logits, embedding in score_tiles(
            classifier,
            loader,
            batch_size=settings.batch_size,
            bfloat16=uses_bfloat16(settings.precision, device),
            symmetries=settings.test_time_augmentation,
            advance=advance,
        ):
            probabilities[items] = classifier.probabilities(logits).numpy()
            if length:
                embeddings[items] = embedding.numpy()
    return probabilities, embeddings
