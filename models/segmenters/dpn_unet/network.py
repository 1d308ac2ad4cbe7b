"""The DPN-UNet, with which the Human Protein Atlas finds nuclei and cells."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from models.segmenters.dpn_unet.dpn92 import DPN92
from models.segmenters.dpn_unet.dpn92_stages import FEATURES
from models.segmenters.dpn_unet.published_names import rename_published

CLASSES = ("background", "border", "inside")
"""What the planes of the logits stand for, in order."""


class _Convolution(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.add_module("convolution", nn.Conv2d(inputs, outputs, 3, padding=1))
        self.add_module("activation", nn.ReLU())


class _Level(nn.Module):
    """One step of the decoder: twice the size, then the encoder's features of that size joined in."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.refine = _Convolution(inputs, outputs)
        self.merge = _Convolution(2 * outputs, outputs)

    def forward(self, features: Tensor, encoded: Tensor) -> Tensor:
        return self.merge(torch.cat([self.refine(self.enlarge(features)), encoded], dim=1))


class DPNUnet(nn.Module):
    """U-Net with a DPN-92 encoder, which tells background, border and inside of nuclei or cells apart.

    It loads state dicts with its own names and those with the published names (`dpn_unet_names`), the latter
    also from within ``DataParallel``.

    Source: https://doi.org/10.5281/zenodo.4665863, which has the published weights.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = DPN92()
        self.levels = nn.ModuleList(
            _Level(inputs, outputs) for inputs, outputs in zip(FEATURES[:0:-1], FEATURES[-2::-1], strict=True)
        )
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.refine = _Convolution(FEATURES[0], FEATURES[0])
        self.classify = nn.Conv2d(FEATURES[0], len(CLASSES), 3, padding=1)
        self.register_load_state_dict_pre_hook(_take_published_names)

    def forward(self, image: Tensor) -> Tensor:
        """Predict the classes of every pixel.

        Parameters
        ----------
        image
            (N, 3, H, W) float32, normalised; H and W multiples of 32.

        Returns
        -------
        Tensor
            (N, 3, H, W) float32 logits of `CLASSES`.
        """
        *encoded, features = self.encoder(image)
        for level, same_size in zip(self.levels, reversed(encoded), strict=True):
            features = level(features, same_size)
        return self.classify(self.refine(self.enlarge(features)))


def _take_published_names(_module: nn.Module, state: dict[str, Any], prefix: str, *_rest: object) -> None:
    """Rename the entries of a state dict, in place, where they bear the published names."""
    own = {name: state.pop(name) for name in list(state) if name.startswith(prefix)}
    renamed = rename_published({name.removeprefix(prefix): value for name, value in own.items()})
    state.update({prefix + name: value for name, value in renamed.items()})


def load_dpn_unet(path: Path) -> DPNUnet:
    """Load a network from safetensors with our names, as `models.segmenters.weights.convert` writes them.

    The weights are mapped from the file and no random ones are drawn before.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    DPNUnet
        On the CPU, in evaluation mode.
    """
    with torch.device("meta"):
        network = DPNUnet()
    weights: Mapping[str, Tensor] = load_file(path)
    network.load_state_dict(weights, assign=True)
    return network.eval().requires_grad_(False)
