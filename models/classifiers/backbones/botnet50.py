"""BoTNet: a ResNet-50 whose last three bottlenecks look at the whole map."""

import math
from typing import Any

from torch import nn

from models.torchvision_repair import import_torchvision

import_torchvision()

from timm.layers.bottleneck_attn import BottleneckAttn  # noqa: E402 (needs the repaired torchvision)

_STRIDE_BEFORE = 16
_WIDTH = 512
_HEADS = 4


def add_attention(resnet50: Any, size: int) -> None:
    """Make timm's ResNet-50 the BoTNet-50 of Srinivas et al., "Bottleneck transformers" (CVPR 2021).

    In the last three bottlenecks of a ResNet-50, multi-head self-attention (4 heads, 512 channels, position
    relative in height and width) stands in place of the 3x3 convolution; the first of them halves the map by
    average pooling. timm has the layer. All other layers, and their weights, stay.

    Parameters
    ----------
    resnet50
        The network, which is changed in place.
    size
        Side in px of the tiles.
    """
    side = math.ceil(size / _STRIDE_BEFORE)
    for block in resnet50.layer4:
        stride = block.conv2.stride[0]
        block.conv2 = BottleneckAttn(_WIDTH, feat_size=(side, side), stride=stride, num_heads=_HEADS)
        if stride > 1:
            # Rounds up, as the strided shortcut beside it does.
            block.conv2.pool = nn.AvgPool2d(stride, ceil_mode=True)
            side = math.ceil(side / stride)
