"""Cross entropy: a tile's classes share a probability of 1."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.losses.class_weights.class_weighting import ClassWeighting
from models.losses.loss import ClassLoss
from models.losses.settings import CrossEntropySettings


class CrossEntropy(ClassLoss):
    """Cross entropy of the softmax.

    Parameters
    ----------
    settings
        Label smoothing and class weights.
    targets
        (n, classes) labels of the whole training set, 0 to 1, from which the class weights come.
    """

    output = CrossEntropySettings.output

    def __init__(self, settings: CrossEntropySettings, targets: NDArray[np.floating]) -> None:
        super().__init__()
        self._smoothing = settings.label_smoothing
        self._weighting = ClassWeighting(settings.weights, targets, self.output)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of each tile, (N,)."""
        return cross_entropy(logits, targets, self._weighting(targets), self._smoothing)


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Compute the loss of each tile, -Σ w_c t_c log p_c over the classes, with p the softmax of the logits.

    Parameters
    ----------
    logits
        (N, classes).
    targets
        (N, classes), 0 or more; each row is divided by its sum, so that several labels share the probability.
        A row of zeros has the loss 0, but for smoothing.
    weights
        (classes,).
    smoothing
        Part of a label that is spread over all classes: t becomes (1 - s) t + s / classes.

    Returns
    -------
    Tensor (N,)
        0 or more.

    References
    ----------
    Smoothing: Szegedy et al., Rethinking the Inception architecture, CVPR 2016, section 7.
    """
    sums = targets.sum(dim=1, keepdim=True)
    shares = targets / sums.where(sums > 0, 1)
    return functional.cross_entropy(logits, shares, weights, reduction="none", label_smoothing=smoothing)
