"""Run classifiers over batches of tiles: one as a trainer does, or several, averaged, as prediction does."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.calibration.calibration import Calibration
from data.tiles.batch_loader import Batch, BatchLoader, plan_batches
from data.training.feature_loader import FeatureLoader
from models.classifiers.classifier import Classifier
from models.classifiers.runtimes.batch_runtime import BatchRuntime
from models.classifiers.runtimes.memory_saving_runtime import MemorySavingRuntime
from models.classifiers.runtimes.torch_runtime import TorchRuntime


class Predicted(NamedTuple):
    """What classifiers say of n tiles.

    Attributes
    ----------
    items
        (n,) numbers of the tiles in the loader.
    probabilities
        (n, classes) float32.
    embedding
        (n, E) float32, of the first classifier.
    """

    items: NDArray[np.intp]
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32]


def to_tensor(batch: Batch, device: torch.device) -> Tensor:
    """Move a batch to the device: (N, C, S, S), channels last in memory, as they lie in the batch."""
    return torch.from_numpy(batch.tiles).to(device, non_blocking=True).permute(0, 3, 1, 2)


def make_validation_runtime(classifier: Classifier, *, bfloat16: bool) -> BatchRuntime:
    """Run a classifier by torch where it is, in evaluation mode; in halves where memory is short."""
    device = next(classifier.parameters()).device
    batch_runtime = TorchRuntime(classifier, device, torch.bfloat16 if bfloat16 else torch.float32)
    # Training itself tells that memory is short; this would be told anew in each epoch.
    return MemorySavingRuntime(batch_runtime, "the held-out cells", logging.DEBUG)


def score_tiles(
    classifier: Classifier,
    loader: BatchLoader | FeatureLoader,
    *,
    batch_size: int,
    bfloat16: bool,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[NDArray[np.intp], Tensor, Tensor]]:
    """Score all items of a loader with torch, in order, in evaluation mode; in halves where memory is short.

    Parameters
    ----------
    classifier
        On the device where it is to run.
    loader
        The tiles.
    batch_size
        Tiles at a time.
    bfloat16
        Compute in bfloat16.
    advance
        Called with the number of tiles done.

    Yields
    ------
    items, logits, embedding
        (n,) numbers of the items; (n, classes) and (n, E) float32 on the CPU.
    """
    batch_runtime = make_validation_runtime(classifier, bfloat16=bfloat16)
    with closing(loader.batches(plan_batches(np.arange(len(loader)), batch_size))) as batches:
        for batch in batches:
            scores = batch_runtime(batch.tiles)
            yield batch.items, scores.logits, scores.embedding
            advance(len(batch.items))


def predict_tiles(
    batch_runtimes: Sequence[BatchRuntime],
    loader: BatchLoader | FeatureLoader,
    *,
    batch_size: int,
    symmetries: bool | None = None,
    calibrations: Sequence[Calibration | None] = (),
    start: int = 0,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[Predicted]:
    """Predict all items of a loader, in order, with the mean over some classifiers; tiles are read once.

    Parameters
    ----------
    batch_runtimes
        Of classifiers that take the loader's tiles and know the same classes; their probabilities are
        averaged, whether they come from a softmax or from sigmoids.
    loader
        The tiles.
    batch_size
        Tiles at a time.
    symmetries
        Average over the eight symmetries of the square, too; embeddings as well. None does so for the
        classifiers whose architecture says so.
    calibrations
        By what the probabilities of each classifier are calibrated before they are averaged; None for those
        that stay as they are, none for all.
    start
        Number of the item to begin with, which is the first of a batch.
    advance
        Called with the number of tiles done.

    Raises
    ------
    ValueError
        With item ``start`` no batch begins.
    """
    plan = plan_from(len(loader), batch_size, start)
    with closing(loader.batches(plan)) as batches:
        for batch in batches:
            averaged = average_predictions(batch_runtimes, batch.tiles, symmetries, calibrations)
            yield Predicted(batch.items, *averaged)
            advance(len(batch.items))


def plan_from(count: int, batch_size: int, start: int) -> list[NDArray[np.intp]]:
    """Return the items of the batches into which so many are divided, from the batch that begins with one on.

    Raises
    ------
    ValueError
        No batch begins with it.
    """
    plan = plan_batches(np.arange(count), batch_size)
    firsts = [int(items[0]) for items in plan] + [count]
    return plan[firsts.index(start) :]


def average_predictions(
    batch_runtimes: Sequence[BatchRuntime],
    tiles: NDArray[np.uint8],
    symmetries: bool | None,
    calibrations: Sequence[Calibration | None],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean over some classifiers, and the embedding of the first; as `predict_tiles`."""
    probabilities: list[Tensor] = []
    embeddings: list[Tensor] = []
    for number, batch_runtime in enumerate(batch_runtimes):
        averages_views = (
            batch_runtime.classifier.architecture.test_time_augmentation if symmetries is None else symmetries
        )
        scores = [
            batch_runtime(np.ascontiguousarray(view))
            for view in (_symmetric_views(tiles) if averages_views else [tiles])
        ]
        each = [batch_runtime.classifier.probabilities(logits) for logits, _ in scores]
        said = torch.stack(each).mean(dim=0)
        calibration = calibrations[number] if calibrations else None
        if calibration is not None:
            said = torch.from_numpy(calibration.apply(said.numpy()).astype(np.float32))
        probabilities.append(said)
        if batch_runtime is batch_runtimes[0]:
            embeddings = [embedding for _, embedding in scores]
    return torch.stack(probabilities).mean(dim=0).numpy(), torch.stack(embeddings).mean(dim=0).numpy()


def _symmetric_views(tiles: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Turn and mirror tiles (N, S, S, C) in all eight ways."""
    return [
        np.rot90(mirrored, turns, axes=(1, 2))
        for mirrored in (tiles, tiles[:, :, ::-1])
        for turns in range(4)
    ]
