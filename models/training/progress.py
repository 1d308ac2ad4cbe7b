"""What a training works on, where it stands, and what comes out of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from data.tiles.batch_loader import BatchLoader
from data.training.history import Epoch


@dataclass(frozen=True)
class TrainingData:
    """What is trained on, and what is validated on (may be empty).

    Attributes
    ----------
    loader, targets
        Tiles, and (n, classes) float32 in 0..1.
    validation_loader, validation_targets
        The same of the held-out cells; of several processes, each has a loader of its part only.
    validation_images
        (n,) image of each held-out cell.
    name
        Names the cells of some items of ``loader``, for messages.
    """

    loader: BatchLoader
    targets: NDArray[np.float32]
    validation_loader: BatchLoader
    validation_targets: NDArray[np.float32]
    validation_images: NDArray[np.str_]
    name: Callable[[NDArray[np.intp]], str] = lambda items: ", ".join(map(str, items))


@dataclass
class Progress:
    """Where a training stands; plain values, so that a checkpoint can hold it.

    Attributes
    ----------
    epoch, batch
        Numbers, from 0, of the epoch and of the batch that come next.
    loss_sum, tiles, train_seconds, wait_seconds
        Of the epoch so far.
    epochs
        Finished epochs, as rows of ``metrics.csv``.
    best_epoch, best_score
        Number, from 1, and score of the best epoch so far; higher is better.
    parts
        Micro-batches that a batch is cut into, as many as the memory asked for so far.
    finished
        Whether nothing is left to do.
    """

    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    tiles: int = 0
    train_seconds: float = 0.0
    wait_seconds: float = 0.0
    epochs: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    best_score: float = -math.inf
    parts: int = 1
    finished: bool = False


@dataclass(frozen=True)
class Trained:
    """The outcome: the best epoch's weights (state dict, CPU), all epochs, and the number of the best."""

    weights: dict[str, Tensor]
    epochs: list[Epoch]
    best_epoch: int
