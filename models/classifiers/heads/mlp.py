"""The head of SubCell's published classifiers: multilayer perceptrons, whose probabilities are averaged."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.classifiers.heads.pooling import Pool
from models.classifiers.heads.settings import MlpHeadSettings


class MlpHead(nn.Module):
    """One or several multilayer perceptrons on the features; the embedding is the features.

    Parameters
    ----------
    pool
        What comes before the layers.
    classes
        Number of classes.
    settings
        The layers, and how many perceptrons.
    """

    def __init__(self, pool: Pool, classes: int, settings: MlpHeadSettings) -> None:
        super().__init__()
        self.embedding_size = pool.features
        self.pool = pool
        self.members = nn.ModuleList(
            _connect(pool.features, classes, settings) for _ in range(settings.members)
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map features (N, F), or a map (N, F, h, w), to embedding and logits.

        Returns
        -------
        embedding, logits
            (N, F), the pooled features; (N, classes), whose sigmoid is the mean of the members' sigmoids.
        """
        embedding = self.pool(features)
        logits = [member(embedding) for member in self.members]
        return embedding, logits[0] if len(logits) == 1 else _average(torch.stack(logits).float())


def _connect(features: int, classes: int, settings: MlpHeadSettings) -> nn.Sequential:
    layers: list[nn.Module] = []
    inputs = features
    for width in settings.widths:
        layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(settings.dropout)]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, classes))


def _average(logits: Tensor) -> Tensor:
    """Compute the logits of the mean probabilities of members, (M, N, classes), also far from 0."""
    # Of the logarithms of p and 1 - p, as p itself rounds to 1. The number of members cancels.
    positive = torch.logsumexp(functional.logsigmoid(logits), dim=0)
    negative = torch.logsumexp(functional.logsigmoid(-logits), dim=0)
    return positive - negative
