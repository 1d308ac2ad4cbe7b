"""How good predictions are, on held-out images."""

from typing import NamedTuple

from torch import Tensor

from models.torchvision_repair import import_torchvision

import_torchvision()

from torchmetrics.functional.classification import (  # noqa: E402 (torchmetrics imports torchvision)
    binary_average_precision,
    multiclass_accuracy,
    multiclass_f1_score,
    multilabel_accuracy,
    multilabel_f1_score,
)


class Quality(NamedTuple):
    """Figures of merit, each 0..1."""

    accuracy: float
    macro_f1: float
    mean_average_precision: float


def measure_quality(probabilities: Tensor, targets: Tensor, *, single_label: bool) -> Quality:
    """Measure how well probabilities (N, classes) fit targets (N, classes) of 0 and 1.

    Macro F1 and mean average precision are means over the classes that the targets have; a class without
    tiles cannot be judged. Accuracy is the part of tiles whose most probable class is right (single label),
    or the part of all decisions at 0.5 that are right.

    Raises
    ------
    ValueError
        There is no tile.
    """
    if not len(targets):
        message = "no tile to measure quality on"
        raise ValueError(message)
    classes = targets.shape[1]
    labels = targets.long()
    present = labels.any(dim=0)
    precisions = [
        float(binary_average_precision(probabilities[:, label], labels[:, label]))
        for label in present.nonzero().flatten().tolist()
    ]
    if single_label:
        chosen, right = probabilities.argmax(dim=1), labels.argmax(dim=1)
        accuracy = multiclass_accuracy(chosen, right, classes, average="micro")
        f1 = multiclass_f1_score(chosen, right, classes, average=None)
    else:
        accuracy = multilabel_accuracy(probabilities, labels, classes, average="micro")
        f1 = multilabel_f1_score(probabilities, labels, classes, average=None)
    return Quality(float(accuracy), float(f1[present].mean()), sum(precisions) / len(precisions))
