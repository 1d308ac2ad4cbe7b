"""The head that exposes an embedding: from features to an embedding and the logits of the classes."""

from torch import Tensor, nn

from models.classifiers.heads.pooling import Pool
from models.classifiers.heads.settings import EmbeddingHeadSettings


class EmbeddingHead(nn.Module):
    """Batch normalisation, dropout and a linear layer to the embedding; the same again to the logits.

    After the custom head of Jain and Joshi (2021), whose embedding the triplet loss takes.

    Parameters
    ----------
    pool
        What comes before the layers.
    classes
        Number of classes.
    settings
        Length of the embedding, and dropout.
    """

    def __init__(self, pool: Pool, classes: int, settings: EmbeddingHeadSettings) -> None:
        super().__init__()
        self.embedding_size = settings.embedding
        self.pool = pool
        self.embed = nn.Sequential(
            nn.BatchNorm1d(pool.features),
            nn.Dropout(settings.dropout),
            nn.Linear(pool.features, settings.embedding),
        )
        self.classify = nn.Sequential(
            nn.BatchNorm1d(settings.embedding),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.embedding, classes),
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map features (N, F), or a map (N, F, h, w), to the embedding (N, E) and the logits (N, classes)."""
        embedding = self.embed(self.pool(features))
        return embedding, self.classify(embedding)
