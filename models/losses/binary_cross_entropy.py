"""Binary cross entropy: each class is a question of its own."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.losses.settings import BinaryCrossEntropySettings
from models.losses.sigmoid_loss import SigmoidLoss


class BinaryCrossEntropy(SigmoidLoss):
    """Binary cross entropy of the sigmoid of each class.

    Parameters
    ----------
    settings
        Label smoothing, class weights, and how the losses of the classes are joined.
    targets
        (n, classes) labels of the whole training set, 0 to 1, from which the class weights come.
    """

    output = BinaryCrossEntropySettings.output

    def __init__(self, settings: BinaryCrossEntropySettings, targets: NDArray[np.floating]) -> None:
        super().__init__(settings, targets)

    def per_class(self, logits: Tensor, targets: Tensor, weights: Tensor, positive: Tensor) -> Tensor:
        """Compute the loss of each tile and class, (N, classes)."""
        return binary_cross_entropy(logits, targets, weights, positive)


def binary_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor, positive: Tensor) -> Tensor:
    """Compute the loss of each tile and class, -w (v t log p + (1 - t) log (1 - p)).

    Parameters
    ----------
    logits
        (N, classes), whose sigmoid is p.
    targets
        (N, classes) t in 0..1.
    weights
        (classes,) w, of a class's whole loss.
    positive
        (classes,) v, of its positive tiles.

    Returns
    -------
    Tensor (N, classes)
        0 or more.
    """
    return functional.binary_cross_entropy_with_logits(
        logits, targets, weights, pos_weight=positive, reduction="none"
    )
