"""The weights of the classes in a loss, by their settings."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.losses.class_weights.effective_number import effective_number_weights
from models.losses.class_weights.settings import (
    BalancedWeightSettings,
    ClassWeightSettings,
    EffectiveNumberSettings,
    NoWeightSettings,
    inverse_frequency_weights,
    positive_weights,
)
from models.losses.output import Output


class ClassWeighting(nn.Module):
    """Weight the classes by how frequent they are in the training set, or in each batch.

    Parameters
    ----------
    settings
        Kind of the weights.
    targets
        (n, classes) labels of the whole training set, 0 to 1.
    output
        Which probabilities the loss is about: the classes share one loss where it is the softmax.

    Attributes
    ----------
    of_set
        (classes,) weight of each class's whole loss, by the training set.
    positive
        (classes,) weight of the positive tiles of each class; 1 where the classes share one loss.
    """

    of_set: Tensor
    positive: Tensor

    def __init__(self, settings: ClassWeightSettings, targets: NDArray[np.floating], output: Output) -> None:
        super().__init__()
        ones = torch.ones(targets.shape[1])
        weights, positive = ones, ones.clone()
        shared = output == "single-label"
        self._shared, self._batch_alpha = shared, None
        match settings:
            case NoWeightSettings():
                pass
            case BalancedWeightSettings() if shared:
                weights = torch.from_numpy(inverse_frequency_weights(targets, settings.max_ratio))
            case BalancedWeightSettings():
                positive = torch.from_numpy(positive_weights(targets, settings.max_ratio))
            case EffectiveNumberSettings():
                counts = torch.from_numpy(targets.sum(axis=0))
                weights = effective_number_weights(counts, settings.alpha, shared=shared)
                self._batch_alpha = settings.alpha if settings.counts == "batch" else None
        self.register_buffer("of_set", weights)
        self.register_buffer("positive", positive)

    def forward(self, targets: Tensor) -> Tensor:
        """Return the weight of each class's whole loss, (classes,), in a batch of targets (N, classes)."""
        if self._batch_alpha is None:
            return self.of_set
        return effective_number_weights(targets.sum(dim=0), self._batch_alpha, shared=self._shared)
