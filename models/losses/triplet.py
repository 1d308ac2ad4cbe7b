"""The triplet loss: tiles of one class lie closer to each other in the embedding than to other classes."""

from torch import Tensor, nn

from models.losses.settings import TripletSettings
from models.torchvision_repair import import_torchvision

import_torchvision()

from pytorch_metric_learning import losses, miners  # noqa: E402 (may import torchvision)


class TripletLoss(nn.Module):
    """Triplet margin loss on embeddings of length one, over mined triplets of a batch.

    A batch without such triplets, one class only for example, has the loss 0.

    References
    ----------
    Schroff, Kalenichenko and Philbin, FaceNet, CVPR 2015, equation 3; Jain and Joshi (2021) for its use on
    single HPA cells.
    """

    def __init__(self, settings: TripletSettings) -> None:
        super().__init__()
        self._weight = settings.weight
        self._loss = losses.TripletMarginLoss(margin=settings.margin)
        self._miner = (
            miners.BatchHardMiner()
            if settings.mining == "hard"
            else miners.TripletMarginMiner(margin=settings.margin, type_of_triplets=settings.mining)
        )

    def forward(self, embedding: Tensor, classes: Tensor) -> Tensor:
        """Compute the weighted loss of embeddings (N, E) with classes (N,), a scalar."""
        return self._weight * self._loss(embedding, classes, self._miner(embedding, classes))
