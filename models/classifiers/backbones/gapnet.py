"""What the GapNets have in common: three blocks whose outputs are averaged over the tile."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.classifiers.backbones.block_network import BlockBackbone
from models.classifiers.backbones.network import require_size

WIDTHS = (32, 64, 128)
"""Features of the convolutions in each block."""


class GapNet(BlockBackbone):
    """Three blocks of convolutions, with a global average of what each gives (Rumetshofer et al., ICLR 2019).

    The hidden layers that follow belong to the head, "buffered". The feature map is made of the three
    outputs, averaged to the size of the last.

    Parameters
    ----------
    blocks
        Three, each of which takes what the one before gives; the first halves a tile at least once.
    taps
        Three modules through which the outputs go on their way to the averages.
    least
        The smallest side in px of a tile of which the last block has a pixel left.
    size
        Side of the tiles in px.
    pooled
        Whether to give features (N, 224), or else the feature map (N, 224, h, w).

    Raises
    ------
    InputError
        The tiles are too small.
    """

    def __init__(
        self, blocks: list[nn.Module], taps: list[nn.Module], least: int, size: int, *, pooled: bool
    ) -> None:
        super().__init__(sum(WIDTHS), pooled=pooled)
        require_size(size, least, "a GapNet")
        self.blocks = nn.ModuleList(blocks)
        self.taps = nn.ModuleList(taps)

    def forward(self, tiles: Tensor) -> Tensor:
        """Map standardised tiles (N, C, S, S) to features (N, 224), or to the feature map (N, 224, h, w)."""
        outputs, flow = [], tiles
        for block, tap in zip(self.blocks, self.taps, strict=True):
            flow = block(flow)
            outputs.append(tap(flow))
        if self.pooled:
            return torch.cat([output.mean(dim=(2, 3)) for output in outputs], dim=1)
        last = (flow.shape[2], flow.shape[3])
        return torch.cat([functional.adaptive_avg_pool2d(output, last) for output in outputs], dim=1)
