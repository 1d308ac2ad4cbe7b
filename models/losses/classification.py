"""The training loss: cross entropy of the classes, and, if wished, a triplet loss on the embedding."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field as Setting
from torch import Tensor, nn
from torch.nn import functional

from data.settings import Settings
from models.losses.class_weights import inverse_frequency_weights, positive_weights
from models.losses.triplet import TripletLoss, TripletSettings


class LossSettings(Settings):
    """What training minimises."""

    class_weights: Literal["none", "balanced"] = Setting(
        default="balanced", description="weight classes inversely to their frequency, or not"
    )
    most_class_weight: float = Setting(
        default=10.0, ge=1, description="largest ratio between the weights of two classes"
    )
    label_smoothing: float = Setting(
        default=0.05, ge=0, lt=1, description="part of a label spread over all classes"
    )
    triplet: TripletSettings = TripletSettings()


class ClassificationLoss(nn.Module):
    """Cross entropy (one class a tile) or binary cross entropy (any number), plus the triplet loss.

    Parameters
    ----------
    mode
        "single-label" or "multi-label".
    targets
        (n, classes) labels of the whole training set, from which the class weights come.
    settings
        Weights, smoothing and triplets.
    """

    weights: Tensor

    def __init__(
        self,
        mode: Literal["single-label", "multi-label"],
        targets: NDArray[np.floating],
        settings: LossSettings,
    ) -> None:
        super().__init__()
        self._mode, self._smoothing = mode, settings.label_smoothing
        weights = np.ones(targets.shape[1], np.float32)
        if settings.class_weights == "balanced":
            weigh = inverse_frequency_weights if mode == "single-label" else positive_weights
            weights = weigh(targets, settings.most_class_weight)
        self.register_buffer("weights", torch.from_numpy(weights))
        self._triplet = TripletLoss(settings.triplet) if settings.triplet.weight else None

    def forward(self, logits: Tensor, embedding: Tensor, targets: Tensor) -> Tensor:
        """Give the loss of logits (N, classes) and embedding (N, E) for targets (N, classes), a scalar."""
        loss = self.classes(logits, targets)
        if self._triplet is not None:
            loss = loss + self._triplet(embedding, targets.argmax(dim=1))
        return loss

    def classes(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Give the part of the loss that comes from the classes, a scalar."""
        if self._mode == "single-label":
            # Divided by N, not by the sum of the weights: the loss must not depend on how a batch fell out.
            losses = functional.cross_entropy(
                logits, targets.argmax(dim=1), self.weights, reduction="none", label_smoothing=self._smoothing
            )
            return losses.mean()
        smooth = targets * (1 - self._smoothing) + self._smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits, smooth, pos_weight=self.weights)
