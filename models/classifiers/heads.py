"""The head: from a backbone's features to an embedding and the logits of the classes."""

from pydantic import Field as Setting
from torch import Tensor, nn

from data.settings import Settings


class HeadSettings(Settings):
    """Sizes of the head."""

    embedding: int = Setting(default=256, ge=2, le=4096, description="length of the embedding")
    dropout: float = Setting(default=0.3, ge=0, lt=1, description="part of the features dropped in training")


class EmbeddingHead(nn.Module):
    """Batch normalisation, dropout and a linear layer to the embedding; the same again to the logits.

    After the custom head of Jain and Joshi (2021), whose embedding the triplet loss takes.

    Parameters
    ----------
    features
        Length of the backbone's features.
    classes
        Number of classes.
    settings
        Length of the embedding, and dropout.
    """

    def __init__(self, features: int, classes: int, settings: HeadSettings) -> None:
        super().__init__()
        self.embed = nn.Sequential(
            nn.BatchNorm1d(features), nn.Dropout(settings.dropout), nn.Linear(features, settings.embedding)
        )
        self.classify = nn.Sequential(
            nn.BatchNorm1d(settings.embedding),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.embedding, classes),
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map features (N, F) to the embedding (N, E) and the logits (N, classes)."""
        embedding = self.embed(features)
        return embedding, self.classify(embedding)
