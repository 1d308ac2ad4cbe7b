"""How good a classifier is on the images that are held out, during its training."""

import math
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.classifiers.classifier import Classifier
from models.classifiers.image_mean import blend_with_images
from models.classifiers.inference import make_held_out_runner, predict_tiles, score_tiles
from models.losses.classification import ClassificationLoss
from models.training.distributed import Processes
from models.training.metrics import measure_quality
from models.training.training_data import TrainingData

FIGURES = ("val_loss", "val_accuracy", "val_macro_f1", "val_map", "val_auc")


def score_held_out(
    classifier: Classifier, data: TrainingData, processes: Processes, *, batch_size: int, bfloat16: bool
) -> Tensor:
    """Give the logits (n, classes) of the held-out tiles, in order, each process scoring its part.

    Where memory is too small for a batch, it is scored in halves.

    Raises
    ------
    InputError
        The memory is too small even for one tile.
    """
    scored = score_tiles(classifier, data.validation_loader, batch_size=batch_size, bfloat16=bfloat16)
    return _join((logits for _, logits, _ in scored), data, processes)


def predict_held_out(
    classifier: Classifier, data: TrainingData, processes: Processes, *, batch_size: int, bfloat16: bool
) -> Tensor:
    """Give the probabilities (n, classes) of the held-out tiles as the classifier predicts, in order.

    Over the symmetries of the square, and averaged with the means of images, where its architecture says so.
    """
    predicted = predict_tiles(
        [make_held_out_runner(classifier, bfloat16=bfloat16)], data.validation_loader, batch_size=batch_size
    )
    joined = _join((torch.from_numpy(batch.probabilities) for batch in predicted), data, processes)
    share = classifier.architecture.image_share
    return torch.from_numpy(blend_with_images(joined.numpy(), data.validation_images, share))


def _join(batches: Iterable[Tensor], data: TrainingData, processes: Processes) -> Tensor:
    # A process has no tile where there are fewer than processes.
    nothing = torch.zeros(0, data.validation_targets.shape[1])
    return processes.join(torch.cat([nothing, *batches]), len(data.validation_targets))


def measure_held_out(
    classifier: Classifier, loss: ClassificationLoss, logits: Tensor, targets: NDArray[np.float32]
) -> dict[str, float]:
    """Give loss and figures of merit, by their names in ``metrics.csv``; NaN without tiles."""
    if not len(targets):
        return dict.fromkeys(FIGURES, math.nan)
    wanted = torch.from_numpy(targets)
    device = next(classifier.parameters()).device
    value = float(loss.classes(logits.to(device), wanted.to(device)))
    single = classifier.architecture.mode == "single-label"
    quality = measure_quality(classifier.probabilities(logits), wanted, single_label=single)
    return dict(zip(FIGURES, (value, *quality), strict=True))
