"""The encoder of the DPN-UNet: DPN-92, which adds to some of its features and appends to the others."""

import torch
from torch import Tensor, nn

from models.segmenters.dpn_unet.dpn92_stages import FEATURES, STAGES, STEM_FEATURES, StageShape

GROUPS = 32

NORM_EPS = 1e-3
"""Added to the variance in every batch normalisation of the encoder."""


class NormConvolution(nn.Module):
    """Batch normalisation, ReLU, and a convolution without bias."""

    def __init__(self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs, eps=NORM_EPS)
        self.convolution = nn.Conv2d(
            inputs, outputs, size, stride, padding=size // 2, groups=groups, bias=False
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        return self.convolution(torch.relu(self.norm(features)))


class DualPathBlock(nn.Module):
    """One block: its first outputs are added to the first features, the rest is appended.

    A stage's first block projects what it adds to, as the number of features changes there.
    """

    def __init__(self, inputs: int, stage: StageShape, is_first: bool) -> None:
        super().__init__()
        stride = stage.stride if is_first else 1
        self._added = stage.added
        projected = stage.added + 2 * stage.appended
        self.shortcut = NormConvolution(inputs, projected, stride=stride) if is_first else nn.Identity()
        self.reduce = NormConvolution(inputs, stage.inner)
        self.transform = NormConvolution(stage.inner, stage.inner, 3, stride, GROUPS)
        self.expand = NormConvolution(stage.inner, stage.added + stage.appended)

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, more, H / stride, W / stride): the sums come first."""
        kept = self.shortcut(features)
        new = self.expand(self.transform(self.reduce(features)))
        sums = kept[:, : self._added] + new[:, : self._added]
        return torch.cat([sums, kept[:, self._added :], new[:, self._added :]], dim=1)


class DPN92(nn.Module):
    """DPN-92 without its classifier, giving its features at five scales.

    Source: Chen et al., Dual Path Networks, 2017 (arXiv:1707.01629).
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential()
        self.stem.add_module("convolution", nn.Conv2d(3, STEM_FEATURES, 7, 2, padding=3, bias=False))
        self.stem.add_module("norm", nn.BatchNorm2d(STEM_FEATURES, eps=NORM_EPS))
        self.stem.add_module("activation", nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.stages = nn.ModuleList(
            _make_stage(inputs, stage) for inputs, stage in zip(FEATURES, STAGES, strict=False)
        )
        self.last_norm = nn.BatchNorm2d(FEATURES[-1], eps=NORM_EPS)

    def forward(self, image: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to five (N, `FEATURES`, h, w), h and w from H / 2, W / 2 down to H / 32, W / 32."""
        scales = [self.stem(image)]
        features = self.pool(scales[0])
        for stage in self.stages:
            features = stage(features)
            scales.append(features)
        scales[-1] = torch.relu(self.last_norm(features))
        return scales


def _make_stage(inputs: int, stage: StageShape) -> nn.Sequential:
    blocks = nn.Sequential()
    for number in range(stage.blocks):
        blocks.append(DualPathBlock(inputs, stage, is_first=number == 0))
        inputs = stage.added + (number + 3) * stage.appended
    return blocks
