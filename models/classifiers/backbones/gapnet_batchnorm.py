"""The variant of GapNet with batch normalisation before each convolution."""

from itertools import pairwise

from torch import nn

from models.classifiers.backbones.gapnet import WIDTHS, GapNet

_CONVOLUTIONS = (1, 4, 3)
_DROPOUT = 0.4


class GapNetBatchNorm(GapNet):
    """The GapNet of Madeira and Parreira (2019, section 3.1): BatchNorm, convolution, ReLU, all of stride 1.

    A 3x3 convolution of 32 features, batch normalisation and max pooling of stride 2; "this structure is
    repeated with an increasing number of features". The outputs of the two max poolings and of the last
    convolution go through dropout 0.4 to their averages. Not stated, and taken from GapNet-PL: the numbers of
    convolutions and features in each block. The two hidden layers with dropout 0.4 are the head "buffered".

    Parameters
    ----------
    channels, size
        Number of channels and side in px of the tiles; 4 px or more.
    pooled
        Whether to give features (N, 224), or else the feature map (N, 224, S / 4, S / 4).
    """

    def __init__(self, channels: int, size: int, *, pooled: bool) -> None:
        blocks: list[nn.Module] = []
        inputs = channels
        for outputs, convolutions in zip(WIDTHS, _CONVOLUTIONS, strict=True):
            layers = [_convolve(*pair) for pair in pairwise([inputs, *[outputs] * convolutions])]
            if outputs != WIDTHS[-1]:
                layers += [nn.BatchNorm2d(outputs), nn.MaxPool2d(2)]
            blocks.append(nn.Sequential(*layers))
            inputs = outputs
        taps: list[nn.Module] = [nn.Dropout(_DROPOUT) for _ in blocks]
        super().__init__(blocks, taps, 4, size, pooled=pooled)


def _convolve(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)
    )
