"""What the losses with a sigmoid for each class have in common."""

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from models.losses.class_weights.class_weighting import ClassWeighting
from models.losses.loss import ClassLoss
from models.losses.settings import BinaryCrossEntropySettings, FocalSettings


class SigmoidLoss(ClassLoss):
    """A loss of each tile and class, on smoothed labels, joined to one of each tile.

    Parameters
    ----------
    settings
        Label smoothing, class weights, and how the losses of the classes are joined.
    targets
        (n, classes) labels of the whole training set, 0 to 1, from which the class weights come.
    """

    def __init__(
        self, settings: BinaryCrossEntropySettings | FocalSettings, targets: NDArray[np.floating]
    ) -> None:
        super().__init__()
        self._smoothing = settings.label_smoothing
        self._summed = settings.class_reduction == "sum"
        self._weighting = ClassWeighting(settings.weights, targets, self.output)

    @abstractmethod
    def per_class(self, logits: Tensor, targets: Tensor, weights: Tensor, positive: Tensor) -> Tensor:
        """Compute the loss of each tile and class.

        Parameters
        ----------
        logits, targets
            (N, classes).
        weights, positive
            (classes,) weights of a class's whole loss, and of its positive tiles.

        Returns
        -------
        Tensor (N, classes)
            0 or more.
        """

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of each tile, (N,)."""
        smooth = smooth_labels(targets, self._smoothing)
        losses = self.per_class(logits, smooth, self._weighting(targets), self._weighting.positive)
        return losses.sum(dim=1) if self._summed else losses.mean(dim=1)


def smooth_labels(targets: Tensor, smoothing: float) -> Tensor:
    """Draw targets 0..1 towards one half by a fraction, so that no answer can be certain."""
    return targets * (1 - smoothing) + smoothing / 2
