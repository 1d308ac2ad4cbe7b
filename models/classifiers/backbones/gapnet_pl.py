"""GapNet-PL, as published: scaled exponential linear units, strided convolutions."""

from torch import nn

from models.classifiers.backbones.gapnet import WIDTHS, GapNet


class GapNetPL(GapNet):
    """GapNet-PL of Rumetshofer et al., "Human-level protein localization with convolutional neural networks".

    ICLR 2019, openreview.net/forum?id=ryl5khRcKm, and the authors' program (github.com/ml-jku/gapnet-pl): a
    3x3 convolution of 32 features and stride 2, then max pooling; one of 64 and stride 2 and three of stride
    1, then max pooling; three of 128. Every one is followed by a SELU, whose weights start as those of
    self-normalising networks do (Klambauer et al. 2017: mean 0, variance 1 / fan-in). The two hidden layers
    of 256 with alpha dropout 0.3 are the head "buffered" with activation "selu" and normalise "none".

    Parameters
    ----------
    channels, size
        Number of channels and side in px of the tiles; 16 px or more.
    pooled
        Whether to give features (N, 224), or else the feature map (N, 224, S / 16, S / 16).
    further
        Further convolutions of 32 features and stride 1 in the first block.
    """

    def __init__(self, channels: int, size: int, *, pooled: bool, further: int = 0) -> None:
        first, second, third = WIDTHS
        blocks = [
            [_convolve(channels, first, 2), *(_convolve(first, first) for _ in range(further)), _halve()],
            [_convolve(first, second, 2), *(_convolve(second, second) for _ in range(3)), _halve()],
            [_convolve(second, third), *(_convolve(third, third) for _ in range(2))],
        ]
        taps: list[nn.Module] = [nn.Identity() for _ in blocks]
        super().__init__([nn.Sequential(*block) for block in blocks], taps, 16, size, pooled=pooled)


class GapNetZhang(GapNetPL):
    """GapNet-PL with "some convolutional blocks" more "in the first step" (Zhang et al. 2021).

    How many is not published; here two of 32 features.
    """

    def __init__(self, channels: int, size: int, *, pooled: bool) -> None:
        super().__init__(channels, size, pooled=pooled, further=2)


def _convolve(inputs: int, outputs: int, stride: int = 1) -> nn.Module:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="linear")
    nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]  # has one
    return nn.Sequential(convolution, nn.SELU())


def _halve() -> nn.Module:
    # A last row or column that stands alone is kept, as by the authors' padding.
    return nn.MaxPool2d(2, ceil_mode=True)
