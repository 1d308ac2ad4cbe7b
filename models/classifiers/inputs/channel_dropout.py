"""Channels left out at random in training, so that the classifier can do without them later."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ChannelDropout(nn.Module):
    """Set some of the normalised channels of each tile to 0, in training only.

    How many of the optional channels a tile keeps is drawn first, each number being as probable as the
    others, and then which ones: hierarchical channel sampling (Bao, Sivanandan and Karaletsos, Channel Vision
    Transformers, ICLR 2024). With two optional channels, a third of the tiles keep both, a third keep one,
    and a third keep none. What is kept is not made brighter.

    A channel of zeros after normalisation adds nothing to the sums of the first convolution. A trained
    classifier therefore predicts the same with such a channel as without it and its weights.

    Parameters
    ----------
    planes
        Numbers of the optional channels.
    """

    def __init__(self, planes: Sequence[int]) -> None:
        super().__init__()
        self.planes = tuple(planes)

    def forward(self, tiles: Tensor) -> Tensor:
        """Map normalised tiles (N, C, S, S) to tiles of the same shape."""
        if not self.training or not self.planes:
            return tiles
        count, optional = len(tiles), len(self.planes)
        kept = torch.randint(optional + 1, (count, 1), device=tiles.device)
        ranks = torch.rand(count, optional, device=tiles.device).argsort(dim=1).argsort(dim=1)
        factors = torch.ones(count, tiles.shape[1], device=tiles.device, dtype=tiles.dtype)
        factors[:, list(self.planes)] = (ranks < kept).to(tiles.dtype)
        return tiles * factors[:, :, None, None]
