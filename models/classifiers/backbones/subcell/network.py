"""SubCell's network: a vision transformer and gated attention pooling."""

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.classifiers.backbones.network import Backbone
from models.classifiers.backbones.subcell.pooling import GatedAttentionPooling
from models.torchvision_repair import import_torchvision

import_torchvision()

from timm.models.vision_transformer import VisionTransformer  # noqa: E402 (needs the repaired torchvision)

SIDE_PX = 448
"""Side of the tiles that the published weights were trained with."""

PATCH_PX = 16
WIDTH = 768
_BLOCKS = 12
_EPSILON = 1e-12


class Attended(NamedTuple):
    """What the network sees in N tiles.

    Attributes
    ----------
    features
        (N, 1536), the pooled tokens.
    attention
        (N, 2, H/16, W/16), the weight of each patch in the pooling of each head; the rest to 1 is that of the
        class token.
    tokens
        (N, 1 + H/16 * W/16, 768), the class token first, then the patches row by row.
    """

    features: Tensor
    attention: Tensor
    tokens: Tensor


class SubCellBackbone(Backbone):
    """ViT-B/16 with gated attention pooling of two heads (SubCell, Lundberg laboratory, 2024).

    Parameters
    ----------
    channels
        Number of channels of the tiles.
    pooled
        As for `Backbone`: features (N, 1536), or else the patches' tokens as a map (N, 768, h, w).
    drop_path
        Rate of stochastic depth.
    """

    def __init__(self, channels: int, *, pooled: bool, drop_path: float = 0.0) -> None:
        super().__init__(2 * WIDTH if pooled else WIDTH, pooled=pooled)
        self.transformer = _Transformer(
            img_size=SIDE_PX,
            patch_size=PATCH_PX,
            in_chans=channels,
            num_classes=0,
            global_pool="",
            embed_dim=WIDTH,
            depth=_BLOCKS,
            num_heads=12,
            norm_layer=partial(nn.LayerNorm, eps=_EPSILON),
            drop_path_rate=drop_path,
            dynamic_img_size=True,
        )
        self.pooling = GatedAttentionPooling(WIDTH, 512, 2, dropout=0.2)

    def forward(self, tiles: Tensor) -> Tensor:
        """Map scaled tiles (N, C, S, S) to features (N, 1536), or to the feature map (N, 768, h, w)."""
        if not self.pooled:
            return self.feature_map(tiles)
        features, _ = self.pooling(self.transformer.forward_features(tiles))
        return features

    def attend(self, tiles: Tensor) -> Attended:
        """Map scaled tiles (N, C, H, W), sides multiples of 16 px, to features, attention and tokens."""
        tokens = self.transformer.forward_features(tiles)
        features, attention = self.pooling(tokens)
        height, width = (side // PATCH_PX for side in tiles.shape[2:])
        return Attended(features, attention[:, :, 1:].unflatten(2, (height, width)), tokens)

    @property
    def layers(self) -> int:
        """Number of blocks."""
        return _BLOCKS

    def feature_map(self, tiles: Tensor, layer: int = 0) -> Tensor:
        """Map scaled tiles (N, C, H, W) to the patches' tokens (N, 768, H/16, W/16).

        Parameters
        ----------
        tiles
            Sides are multiples of 16 px.
        layer
            Number of the block after which, from 1 on; 0 is after the last, normalised.
        """
        tokens = self.transformer.embed(tiles)
        for block in list(self.transformer.blocks.children())[: layer or _BLOCKS]:
            tokens = block(tokens)
        if not layer:
            tokens = self.transformer.norm(tokens)
        grid = [side // PATCH_PX for side in tiles.shape[2:]]
        return tokens[:, 1:].transpose(1, 2).unflatten(2, grid)

    def stages(self) -> list[list[nn.Parameter]]:
        """Return the parameters of the embedding, of each block, and of what follows them."""
        transformer = self.transformer
        first = [transformer.cls_token, transformer.pos_embed, *transformer.patch_embed.parameters()]
        blocks = [list(block.parameters()) for block in transformer.blocks.children()]
        return [first, *blocks, [*transformer.norm.parameters(), *self.pooling.parameters()]]


class _Transformer(VisionTransformer):
    """Interpolates position embeddings as the package transformers does, without antialiasing."""

    # These are None in some of timm's networks, but not in this one.
    pos_embed: nn.Parameter
    cls_token: nn.Parameter

    def embed(self, tiles: Tensor) -> Tensor:
        """Map tiles to what the first block takes, (N, 1 + h * w, D)."""
        return self._pos_embed(self.patch_embed(tiles))

    def _pos_embed(self, x: Tensor) -> Tensor:
        size = x.shape[1:3]
        positions, first = self.pos_embed, self.cls_token
        if positions is None or first is None:
            message = "a network without position embeddings or class token"
            raise TypeError(message)
        if tuple(size) != tuple(self.patch_embed.grid_size):
            plane = positions[:, 1:].transpose(1, 2).unflatten(2, self.patch_embed.grid_size)
            plane = functional.interpolate(plane, size=size, mode="bicubic", align_corners=False)
            positions = torch.cat([positions[:, :1], plane.flatten(2).transpose(1, 2)], dim=1)
        return torch.cat([first.expand(x.shape[0], -1, -1), x.flatten(1, 2)], dim=1) + positions
