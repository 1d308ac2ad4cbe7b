"""The head of a classifier, of one of several kinds."""

from models.classifiers.heads.buffered import BufferedHead
from models.classifiers.heads.convolution import ConvolutionHead
from models.classifiers.heads.embedding import EmbeddingHead
from models.classifiers.heads.linear import LinearHead
from models.classifiers.heads.mlp import MlpHead
from models.classifiers.heads.pooling import Pool
from models.classifiers.heads.settings import (
    BufferedHeadSettings,
    ConvolutionHeadSettings,
    EmbeddingHeadSettings,
    HeadSettings,
    LinearHeadSettings,
    MlpHeadSettings,
)

Head = EmbeddingHead | LinearHead | BufferedHead | ConvolutionHead | MlpHead
"""From features or a feature map to embedding (N, E) and logits (N, classes); E is ``embedding_size``."""


def create_head(settings: HeadSettings, features: int, classes: int) -> Head:
    """Create a head.

    Parameters
    ----------
    settings
        Which head.
    features
        Number of features of the backbone, or channels of its feature map.
    classes
        Number of classes.
    """
    if isinstance(settings, ConvolutionHeadSettings):
        return ConvolutionHead(features, classes, settings)
    pool = Pool(settings.pooling, features)
    match settings:
        case EmbeddingHeadSettings():
            return EmbeddingHead(pool, classes, settings)
        case LinearHeadSettings():
            return LinearHead(pool, classes, settings)
        case BufferedHeadSettings():
            return BufferedHead(pool, classes, settings)
        case MlpHeadSettings():
            return MlpHead(pool, classes, settings)


def wants_map(settings: HeadSettings) -> bool:
    """Return whether the head takes the backbone's feature map (N, F, h, w), and not its features (N, F)."""
    return isinstance(settings, ConvolutionHeadSettings) or settings.pooling == "average-maximum"
