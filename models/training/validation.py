"""How good a classifier is on the held-out images, during its training."""

import math
from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.classifiers.classifier import Classifier
from models.classifiers.inference import make_validation_runtime, predict_tiles, score_tiles
from models.losses.classification import ClassificationLoss
from models.training.distributed import Processes
from models.training.metrics import compute_metrics
from models.training.training_data import TrainingData

VALIDATION_METRICS = ("val_loss", "val_accuracy", "val_macro_f1", "val_map", "val_auc")
"""Names of the metrics of the held-out images in ``metrics.csv``."""


def validation_logits(
    classifier: Classifier, data: TrainingData, processes: Processes, *, batch_size: int, bfloat16: bool
) -> Tensor:
    """Return the logits (n, classes) of the held-out tiles, in order, each process scoring its part.

    Where memory is too small for a batch, it is scored in halves.

    Raises
    ------
    InputError
        The memory is too small even for one tile.
    """
    scored = score_tiles(classifier, data.validation_loader, batch_size=batch_size, bfloat16=bfloat16)
    return _gather((logits for _, logits, _ in scored), data, processes)


def validation_probabilities(
    classifier: Classifier, data: TrainingData, processes: Processes, *, batch_size: int, bfloat16: bool
) -> Tensor:
    """Return the probabilities (n, classes) of the held-out tiles as the classifier predicts each, in order.

    Over the symmetries of the square, where its architecture says so; not averaged with the means of images.
    """
    predicted = predict_tiles(
        [make_validation_runtime(classifier, bfloat16=bfloat16)],
        data.validation_loader,
        batch_size=batch_size,
    )
    return _gather((torch.from_numpy(batch.probabilities) for batch in predicted), data, processes)


def _gather(batches: Iterable[Tensor], data: TrainingData, processes: Processes) -> Tensor:
    # A process has no tile where there are fewer than processes.
    nothing = torch.zeros(0, data.validation_targets.shape[1])
    return processes.gather(torch.cat([nothing, *batches]), len(data.validation_targets))


def validation_metrics(
    classifier: Classifier, loss: ClassificationLoss, logits: Tensor, targets: NDArray[np.float32]
) -> dict[str, float]:
    """Compute loss and metrics of held-out tiles, by their names in ``metrics.csv``; NaN without tiles.

    Parameters
    ----------
    classifier
        Turns logits into probabilities.
    loss
        Of the training.
    logits
        (n, classes).
    targets
        (n, classes) in 0..1.
    """
    if not len(targets):
        return dict.fromkeys(VALIDATION_METRICS, math.nan)
    truth = torch.from_numpy(targets)
    device = next(classifier.parameters()).device
    value = float(loss.classes(logits.to(device), truth.to(device)))
    single = classifier.architecture.mode == "single-label"
    metrics = compute_metrics(classifier.probabilities(logits), truth, single_label=single)
    return dict(zip(VALIDATION_METRICS, (value, *metrics), strict=True))
