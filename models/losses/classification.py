"""The training loss: that of the classes, and, if wished, a triplet loss on the embedding."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.losses.binary_cross_entropy import binary_cross_entropy, smooth_labels
from models.losses.class_weights import (
    BalancedWeightSettings,
    EffectiveNumberSettings,
    inverse_frequency_weights,
    positive_weights,
)
from models.losses.cross_entropy import cross_entropy
from models.losses.effective_number import effective_number_weights
from models.losses.focal import focal_loss
from models.losses.hardest import mean_of_hardest
from models.losses.settings import (
    BinaryCrossEntropySettings,
    CrossEntropySettings,
    FocalSettings,
    LossSettings,
    SoftF1Settings,
)
from models.losses.soft_f1 import soft_f1_loss
from models.losses.triplet import TripletLoss


class ClassificationLoss(nn.Module):
    """The loss of the classes, by its kind, plus the triplet loss.

    Parameters
    ----------
    settings
        Kind, weights, smoothing, sampling and triplets.
    targets
        (n, classes) labels of the whole training set, 0 to 1, from which the class weights come.
    """

    weights: Tensor
    positive: Tensor

    def __init__(self, settings: LossSettings, targets: NDArray[np.floating]) -> None:
        super().__init__()
        self._settings = settings
        weights, positive = _weigh(settings, targets)
        self.register_buffer("weights", weights)
        self.register_buffer("positive", positive)
        self._triplet = TripletLoss(settings.triplet) if settings.triplet.weight else None

    def forward(self, logits: Tensor, embedding: Tensor, targets: Tensor) -> Tensor:
        """Give the loss of a batch, a scalar.

        Parameters
        ----------
        logits
            (N, classes).
        embedding
            (N, E).
        targets
            (N, classes) in 0..1; the triplet loss takes the largest of a row for the tile's class.
        """
        if isinstance(self._settings, SoftF1Settings):
            loss = soft_f1_loss(logits, targets)
        else:
            loss = mean_of_hardest(self._each(self._settings, logits, targets), self._settings.hardest)
        if self._triplet is not None:
            loss = loss + self._triplet(embedding, targets.argmax(dim=1))
        return loss

    def classes(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Give the part of the loss that comes from the classes, over all tiles, a scalar."""
        if isinstance(self._settings, SoftF1Settings):
            return soft_f1_loss(logits, targets)
        return self._each(self._settings, logits, targets).mean()

    def _each(
        self,
        settings: CrossEntropySettings | BinaryCrossEntropySettings | FocalSettings,
        logits: Tensor,
        targets: Tensor,
    ) -> Tensor:
        """Give the loss of each tile, (N,)."""
        # Means are over tiles, not over their weights: the loss must not depend on how a batch fell out.
        weights = self._weights_in(targets)
        if isinstance(settings, CrossEntropySettings):
            return cross_entropy(logits, targets, weights, settings.label_smoothing)
        smooth = smooth_labels(targets, settings.label_smoothing)
        if isinstance(settings, FocalSettings):
            losses = focal_loss(logits, smooth, settings.gamma, weights, self.positive)
        else:
            losses = binary_cross_entropy(logits, smooth, weights, self.positive)
        return losses.sum(dim=1) if settings.over_classes == "sum" else losses.mean(dim=1)

    def _weights_in(self, targets: Tensor) -> Tensor:
        weights = None if isinstance(self._settings, SoftF1Settings) else self._settings.weights
        if isinstance(weights, EffectiveNumberSettings) and weights.counts == "batch":
            shared = isinstance(self._settings, CrossEntropySettings)
            return effective_number_weights(targets.sum(dim=0), weights.alpha, shared=shared)
        return self.weights


def _weigh(settings: LossSettings, targets: NDArray[np.floating]) -> tuple[Tensor, Tensor]:
    """Give the weights of the classes' losses and those of their positive tiles, (classes,) each."""
    ones = torch.ones(targets.shape[1])
    if isinstance(settings, SoftF1Settings):
        return ones, ones.clone()
    shared = isinstance(settings, CrossEntropySettings)
    if isinstance(settings.weights, EffectiveNumberSettings):
        counts = torch.from_numpy(targets.sum(axis=0))
        return effective_number_weights(counts, settings.weights.alpha, shared=shared), ones
    if isinstance(settings.weights, BalancedWeightSettings):
        most = settings.weights.most
        if shared:
            return torch.from_numpy(inverse_frequency_weights(targets, most)), ones
        return ones, torch.from_numpy(positive_weights(targets, most))
    return ones, ones.clone()
