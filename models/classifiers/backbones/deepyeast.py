"""DeepYeast: eight small convolutions, whose map is taken as it is."""

from itertools import pairwise

from torch import Tensor, nn

from models.classifiers.backbones.block_network import BlockBackbone
from models.classifiers.backbones.network import require_size

_BLOCKS = ((64, 2), (128, 2), (256, 4))
_LEAST = 8


class DeepYeast(BlockBackbone):
    """DeepYeast of Pärnamaa and Parts (G3 7:1385, 2017), with any number of channels.

    Eight 3x3 convolutions (two of 64, two of 128 and four of 256 features), each with batch normalisation
    and ReLU, and max pooling after each block. Its features are the whole map in a row, so that the size of
    the first of the three fully connected layers goes with that of the tile: at 192 px (Madeira and Parreira
    2019) there are 147,456 features. Those layers (512, 512, classes; dropout 0.5) are the head "buffered"
    with normalise "after".

    Parameters
    ----------
    channels, size
        Number of channels and side in px of the tiles; 8 px or more.
    pooled
        Whether to give features (N, 256 (S / 8)²), or else the feature map (N, 256, S / 8, S / 8).

    Raises
    ------
    InputError
        The tiles are too small.
    """

    def __init__(self, channels: int, size: int, *, pooled: bool) -> None:
        require_size(size, _LEAST, "DeepYeast")
        last = _BLOCKS[-1][0]
        super().__init__(last * (size // 8) ** 2 if pooled else last, pooled=pooled)
        blocks = []
        inputs = channels
        for outputs, convolutions in _BLOCKS:
            layers = [_convolve(*pair) for pair in pairwise([inputs, *[outputs] * convolutions])]
            blocks.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
            inputs = outputs
        self.blocks = nn.ModuleList(blocks)

    def forward(self, tiles: Tensor) -> Tensor:
        """Map standardised tiles (N, C, S, S) to features, the map in a row, or to the map itself."""
        return self.flat_features(tiles)


def _convolve(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )
