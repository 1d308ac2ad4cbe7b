"""The head with a convolution of its own, for a backbone that does not learn."""

from torch import Tensor, nn

from models.classifiers.heads.settings import ConvolutionHeadSettings


class ConvolutionHead(nn.Module):
    """A 3x3 convolution on the feature map, ReLU, average pooling and a linear layer.

    The "simple convolution and pooling layer" that Alsubait et al. (2022, sections 5.2 and 5.3) add to a
    ResNet-50 with frozen weights and to a BoTNet; kernel and width are not stated there. The embedding is
    what the pooling gives.

    Parameters
    ----------
    features
        Number of channels F of the backbone's feature map.
    classes
        Number of classes.
    settings
        Width and dropout.
    """

    def __init__(self, features: int, classes: int, settings: ConvolutionHeadSettings) -> None:
        super().__init__()
        self.embedding_size = settings.width
        self.embed = nn.Sequential(
            nn.Conv2d(features, settings.width, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.classify = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(settings.width, classes))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map a feature map (N, F, h, w) to the embedding (N, E) and the logits (N, classes)."""
        embedding = self.embed(features)
        return embedding, self.classify(embedding)
