"""The training loss of a classifier: that of the classes, and, if wished, a triplet loss on the embedding."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from models.losses.factory import make_class_loss
from models.losses.hard_examples import online_hard_example_mean
from models.losses.settings import LossSettings
from models.losses.triplet import TripletLoss


class ClassificationLoss(nn.Module):
    """The mean loss of the classes over the hardest tiles, plus the triplet loss.

    Parameters
    ----------
    settings
        Kind, weights, smoothing, hard examples and triplets.
    targets
        (n, classes) labels of the whole training set, 0 to 1, from which the class weights come.
    """

    def __init__(self, settings: LossSettings, targets: NDArray[np.floating]) -> None:
        super().__init__()
        self._class_loss = make_class_loss(settings, targets)
        self._hard_fraction = settings.hard_example_fraction
        self._triplet = TripletLoss(settings.triplet) if settings.triplet.weight else None

    def forward(self, logits: Tensor, embedding: Tensor, targets: Tensor) -> Tensor:
        """Compute the loss of a batch, a scalar.

        Parameters
        ----------
        logits
            (N, classes).
        embedding
            (N, E).
        targets
            (N, classes) in 0..1; the triplet loss takes the largest of a row for the tile's class.
        """
        # The mean is over tiles, not over their weights: the loss must not depend on how a batch fell out.
        loss = online_hard_example_mean(self._class_loss(logits, targets), self._hard_fraction)
        if self._triplet is not None:
            loss = loss + self._triplet(embedding, targets.argmax(dim=1))
        return loss

    def classes(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Compute the part of the loss that comes from the classes, over all tiles, a scalar."""
        return self._class_loss(logits, targets).mean()
