"""BoTNet: a ResNet-50 whose last three bottlenecks look at the whole map."""

import math
from typing import Any

from torch import nn

from models.classifiers.backbones.settings import Pretrained
from models.classifiers.backbones.timm_backbone import make_timm_network
from models.torchvision_repair import import_torchvision

import_torchvision()

from timm.layers.bottleneck_attn import BottleneckAttn  # noqa: E402 (needs the repaired torchvision)

_STRIDE_BEFORE = 16
_WIDTH = 512
_HEADS = 4


def make_botnet50(channels: int, size: int, *, pretrained: Pretrained, drop_path: float) -> nn.Module:
    """Make the BoTNet-50 of Srinivas et al., "Bottleneck transformers for visual recognition" (CVPR 2021).

    In the last three bottlenecks of a ResNet-50, multi-head self-attention (4 heads, 512 channels, position
    relative in height and width) stands in place of the 3x3 convolution; the first of them halves the map by
    average pooling. timm has the layer. All other layers may start from the ResNet's ImageNet weights.

    Parameters
    ----------
    channels, size
        Number of channels and side in px of the tiles.
    pretrained
        "hub" for the weights of the other layers, or "none".
    drop_path
        Rate of stochastic depth.

    Returns
    -------
    Module
        A network of timm, without its classifier.

    Raises
    ------
    InputError
        The weights cannot be downloaded.
    """
    network: Any = make_timm_network("resnet50", channels, size, pretrained=pretrained, drop_path=drop_path)
    side = math.ceil(size / _STRIDE_BEFORE)
    for block in network.layer4:
        stride = block.conv2.stride[0]
        block.conv2 = BottleneckAttn(_WIDTH, feat_size=(side, side), stride=stride, num_heads=_HEADS)
        if stride > 1:
            # Rounds up, as the strided shortcut beside it does.
            block.conv2.pool = nn.AvgPool2d(stride, ceil_mode=True)
            side = math.ceil(side / stride)
    return network
