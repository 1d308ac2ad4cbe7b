"""The plain head: dropout and one linear layer."""

from torch import Tensor, nn

from models.classifiers.heads.pooling import Pool
from models.classifiers.heads.settings import LinearHeadSettings


class LinearHead(nn.Module):
    """Dropout and a linear layer to the logits; the embedding is the pooled features.

    Parameters
    ----------
    pool
        What comes before the layers.
    classes
        Number of classes.
    settings
        Dropout.
    """

    def __init__(self, pool: Pool, classes: int, settings: LinearHeadSettings) -> None:
        super().__init__()
        self.embedding_size = pool.features
        self.pool = pool
        self.classify = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(self.embedding_size, classes))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map features (N, F), or a map (N, F, h, w), to the embedding (N, E) and the logits (N, classes)."""
        embedding = self.pool(features)
        return embedding, self.classify(embedding)
