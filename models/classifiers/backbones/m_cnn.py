"""M-CNN: the tile at several scales, each through its own three convolutions."""

import torch
from torch import Tensor, nn

from models.classifiers.backbones.network import Backbone, require_size

WIDTHS = (16, 16, 16, 32, 32, 32, 64)
"""Features of the convolutions at each scale, from the whole tile on; each scale is half the one before."""

_COMBINED = 1024
_LEAST = 4


class MultiScaleNetwork(Backbone):
    """The multi-scale network of Godinez et al. (Bioinformatics 33:2010, 2017).

    The tile and its half, quarter and so on, seven scales in all, go through three 5x5 convolutions with ReLU
    each; their maps are pooled to the smallest, concatenated, combined by a 1x1 convolution of 1,024 features
    and halved. Kernels, features and max pooling as in the comparison of Rumetshofer et al. (ICLR 2019,
    github.com/ml-jku/gapnet-pl), weights at first by Glorot and Bengio (2010). Its features are the whole map
    in a row (16,384 at 512 px); the fully connected layer of 512 is the head "buffered" with normalise
    "none". Tiles below 128 px have only the scales at which a map of 2 x 2 px is left.

    Parameters
    ----------
    channels, size
        Number of channels and side in px of the tiles; 4 px or more.
    pooled
        Whether to give features (N, 1024 h w), or else the feature map (N, 1024, h, w).

    Raises
    ------
    InputError
        The tiles are too small.
    """

    def __init__(self, channels: int, size: int, *, pooled: bool) -> None:
        require_size(size, _LEAST, "M-CNN")
        widths = WIDTHS[: size.bit_length() - 1]
        smallest = 2 ** (len(widths) - 1)
        side = size // smallest // 2
        super().__init__(_COMBINED * side**2 if pooled else _COMBINED, pooled=pooled)
        self.scales = nn.ModuleList(
            _look(channels, width, 2**scale, smallest // 2**scale) for scale, width in enumerate(widths)
        )
        self.combine = nn.Sequential(
            nn.Conv2d(sum(widths), _COMBINED, 1), nn.ReLU(inplace=True), nn.MaxPool2d(2)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]  # has one

    def forward(self, tiles: Tensor) -> Tensor:
        """Map standardised tiles (N, C, S, S) to features, the map in a row, or to the map itself."""
        return self.flat_features(tiles)

    @property
    def layers(self) -> int:
        """None by itself: the scales stand side by side, not one after another."""
        return 0

    def feature_map(self, tiles: Tensor, layer: int = 0) -> Tensor:
        """Map standardised tiles to the map in which all scales are combined, the only one."""
        return self.combine(torch.cat([scale(tiles) for scale in self.scales], dim=1))

    def stages(self) -> list[list[nn.Parameter]]:
        """Return the parameters of the 1st, 2nd and 3rd convolutions of all scales, and of the last."""
        convolutions = [
            [layer for layer in scale.modules() if isinstance(layer, nn.Conv2d)] for scale in self.scales
        ]
        by_depth = [
            [parameter for layer in layers for parameter in layer.parameters()]
            for layers in zip(*convolutions, strict=True)
        ]
        return [*by_depth, list(self.combine.parameters())]


def _look(channels: int, width: int, before: int, after: int) -> nn.Module:
    layers: list[nn.Module] = [nn.MaxPool2d(before)]
    for inputs in (channels, width, width):
        layers += [nn.Conv2d(inputs, width, 5, padding=2), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.MaxPool2d(after))
