"""Settings of the backbone, and the names of those that timm does not have."""

from typing import Literal

from pydantic import Field as Setting

from data.settings import Settings

Pretrained = Literal["package", "hub", "none"]
"""Where ImageNet weights come from: an installed package, timm's download, or nowhere."""

Frozen = Literal["none", "stem", "all"]
"""What of a backbone does not learn: nothing, its first convolution with its norm, or all of it."""

PACKAGED_BACKBONE = "tf_efficientnet_lite0"
"""The network whose ImageNet weights come with an installed package."""

CUSTOM_BACKBONES = ("gapnet-pl", "gapnet-zhang2021", "gapnet-batchnorm", "deepyeast", "m-cnn")
"""Networks of which nobody has published ImageNet weights."""

BOTNET = "botnet50"
"""A ResNet-50 of timm with attention; its other layers may start from the ResNet's weights."""


class BackboneSettings(Settings):
    """Which network extracts the features of a tile."""

    name: str = Setting(
        default=PACKAGED_BACKBONE,
        description=f"a network's name in timm, or one of {', '.join([*CUSTOM_BACKBONES, BOTNET])}",
    )
    pretrained: Pretrained = Setting(
        default="package",
        description="ImageNet weights: those of an installed package (tf_efficientnet_lite0 only), "
        "timm's download, or none",
    )
    drop_path: float = Setting(
        default=0.0, ge=0, lt=1, description="rate of stochastic depth, where the network has it"
    )
    frozen: Frozen = Setting(
        default="none",
        description="what keeps its initial weights: none, the stem (first convolution and its norm), or all",
    )
