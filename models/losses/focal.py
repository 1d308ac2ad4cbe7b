"""Focal loss: a binary cross entropy in which what is already right counts little."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.losses.settings import FocalSettings
from models.losses.sigmoid_loss import SigmoidLoss


class Focal(SigmoidLoss):
    """Focal loss of the sigmoid of each class.

    Parameters
    ----------
    settings
        Its exponent, weights of positive and negative tiles, label smoothing, class weights, and how the
        losses of the classes are joined.
    targets
        (n, classes) labels of the whole training set, 0 to 1, from which the class weights come.
    """

    output = FocalSettings.output

    def __init__(self, settings: FocalSettings, targets: NDArray[np.floating]) -> None:
        super().__init__(settings, targets)
        self._gamma = settings.gamma
        self._yes, self._no = (1.0, 1.0) if settings.alpha is None else (settings.alpha, 1 - settings.alpha)

    def per_class(self, logits: Tensor, targets: Tensor, weights: Tensor, positive: Tensor) -> Tensor:
        """Compute the loss of each tile and class, (N, classes)."""
        return focal_loss(logits, targets, self._gamma, weights * self._no, positive * self._yes / self._no)


def focal_loss(logits: Tensor, targets: Tensor, gamma: float, weights: Tensor, positive: Tensor) -> Tensor:
    """Compute the loss of each tile and class, -w (v t q^γ log p + (1 - t) p^γ log q) with q = 1 - p.

    Soft targets weigh what a positive and a negative tile would lose.

    Parameters
    ----------
    logits
        (N, classes), whose sigmoid is p.
    targets
        (N, classes) t in 0..1.
    gamma
        0 is the binary cross entropy; the larger, the less easy tiles count.
    weights
        (classes,) w, of a class's whole loss.
    positive
        (classes,) v, of its positive tiles: the α of the paper.

    Returns
    -------
    Tensor (N, classes)
        0 or more.

    References
    ----------
    Lin, Goyal, Girshick, He and Dollár, Focal loss for dense object detection, ICCV 2017, equation 5.
    """
    log_yes, log_no = functional.logsigmoid(logits), functional.logsigmoid(-logits)
    # Powers by logarithms have a gradient where a probability is 0, too.
    yes, no = (gamma * log_yes).exp(), (gamma * log_no).exp()
    return -weights * (positive * targets * no * log_yes + (1 - targets) * yes * log_no)
