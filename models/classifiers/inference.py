"""Run a classifier over batches of tiles, with the symmetries of the square if wished."""

from collections.abc import Callable, Iterator
from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.batches import Batch, BatchLoader, plan_batches
from models.classifiers.classifier import Classifier, Scores


def to_tensor(batch: Batch, device: torch.device) -> Tensor:
    """Move a batch to the device: (N, C, S, S) uint8, channels last in memory, as they lie in the batch."""
    return torch.from_numpy(batch.tiles).to(device, non_blocking=True).permute(0, 3, 1, 2)


def score_tiles(
    classifier: Classifier,
    loader: BatchLoader,
    *,
    batch_size: int,
    bfloat16: bool,
    symmetries: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Iterator[tuple[NDArray[np.intp], Tensor, Tensor]]:
    """Score all items of a loader, in order, in evaluation mode.

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
    symmetries
        Average probabilities and embeddings over the eight symmetries of the square.
    advance
        Called with the number of tiles done.

    Yields
    ------
    items, logits, embedding
        (n,) numbers of the items; (n, classes) and (n, E) float32 on the CPU. With ``symmetries`` the logits
        are those of the mean probabilities.
    """
    device = next(classifier.parameters()).device
    classifier.eval()
    plan = plan_batches(np.arange(len(loader)), batch_size)
    with closing(loader.batches(plan)) as batches:
        for batch in batches:
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
                tiles = to_tensor(batch, device)
                scores = _score_symmetries(classifier, tiles) if symmetries else classifier(tiles)
            yield batch.items, scores.logits.cpu(), scores.embedding.cpu()
            advance(len(batch.items))


def _score_symmetries(classifier: Classifier, tiles: Tensor) -> Scores:
    views = [
        classifier(torch.rot90(view, turns, (2, 3))) for view in (tiles, tiles.flip(3)) for turns in range(4)
    ]
    probabilities = torch.stack([classifier.probabilities(view.logits) for view in views]).mean(dim=0)
    probabilities = probabilities.clamp(1e-7, 1 - 1e-7)
    single = classifier.architecture.mode == "single-label"
    logits = probabilities.log() if single else probabilities.logit()
    return Scores(logits, torch.stack([view.embedding for view in views]).mean(dim=0))
