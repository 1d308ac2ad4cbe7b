"""The head with "buffering" layers between the features and the classes."""

from torch import Tensor, nn

from models.classifiers.heads.pooling import Pool
from models.classifiers.heads.settings import Activation, BufferedHeadSettings


class BufferedHead(nn.Module):
    """Fully connected layers between pooling and the last linear layer.

    The buffering layers of Zhang et al. (2021), which come after adaptive concatenate pooling: 1,024 with
    dropout 0.5, or 4,096 with 0.25 and 1,024 with 0.5. Also the hidden layers of GapNet-PL (256, 256; "selu",
    normalise "none"), of its variant (dropout 0.4 each), of DeepYeast (512, 512; normalise "after") and of
    M-CNN (512; normalise "none").

    Parameters
    ----------
    pool
        What comes before the layers.
    classes
        Number of classes.
    settings
        The layers. With "selu" all weights start with mean 0 and variance 1 / fan-in (Klambauer et al. 2017).
    """

    def __init__(self, pool: Pool, classes: int, settings: BufferedHeadSettings) -> None:
        super().__init__()
        self.embedding_size = settings.widths[-1]
        self.pool = pool
        inputs = pool.features
        layers: list[nn.Module] = []
        for width, dropout in zip(settings.widths, settings.dropouts, strict=True):
            layers += [*_connect(inputs, width, settings), _drop(dropout, settings.activation)]
            inputs = width
        self.embed = nn.Sequential(*layers[:-1])
        self.classify = nn.Sequential(layers[-1], nn.Linear(inputs, classes))
        if settings.activation == "selu":
            for layer in self.modules():
                if isinstance(layer, nn.Linear):
                    nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
                    nn.init.zeros_(layer.bias)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map features (N, F), or a map (N, F, h, w), to embedding and logits.

        Returns
        -------
        embedding, logits
            (N, E), the last buffering layer's activations before dropout; (N, classes).
        """
        embedding = self.embed(self.pool(features))
        return embedding, self.classify(embedding)


def _connect(inputs: int, outputs: int, settings: BufferedHeadSettings) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Linear(inputs, outputs)]
    if settings.normalise == "before":
        layers.insert(0, nn.BatchNorm1d(inputs))
    elif settings.normalise == "after":
        layers.append(nn.BatchNorm1d(outputs))
    return [*layers, nn.ReLU() if settings.activation == "relu" else nn.SELU()]


def _drop(dropout: float, activation: Activation) -> nn.Module:
    return nn.Dropout(dropout) if activation == "relu" else _AlphaDropout(dropout)


class _AlphaDropout(nn.AlphaDropout):
    # Other runtimes do not know its operation, which they meet in evaluation mode too, where it does nothing.
    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input) if self.training else input
