"""The backbone of a classifier: a network of timm by name, or one of those made by hand."""

from collections.abc import Callable

from data.errors import InputError
from models.classifiers.backbones.deepyeast import DeepYeast
from models.classifiers.backbones.gapnet_batchnorm import GapNetBatchNorm
from models.classifiers.backbones.gapnet_pl import GapNetPL, GapNetZhang
from models.classifiers.backbones.m_cnn import MultiScaleNetwork
from models.classifiers.backbones.network import Backbone
from models.classifiers.backbones.settings import (
    BOTNET,
    NAMED_HERE,
    PACKAGED_BACKBONE,
    PACKAGED_BACKBONES,
    SUBCELL_CHANNELS,
    BackboneSettings,
)
from models.classifiers.backbones.subcell.initial import make_subcell_backbone
from models.classifiers.backbones.timm_backbone import (
    has_network,
    lacks_stochastic_depth,
    list_similar_networks,
    make_timm_backbone,
)
from models.patch_convolution import replace_patch_convolutions

BACKBONES: dict[str, Callable[..., Backbone]] = {
    "gapnet-pl": GapNetPL,
    "gapnet-zhang2021": GapNetZhang,
    "gapnet-batchnorm": GapNetBatchNorm,
    "deepyeast": DeepYeast,
    "m-cnn": MultiScaleNetwork,
}
"""The networks of ``CUSTOM_BACKBONES``."""


def create_backbone(settings: BackboneSettings, channels: int, size: int, *, pooled: bool) -> Backbone:
    """Create a network that extracts the features of tiles.

    Parameters
    ----------
    settings
        Which network, and from which weights.
    channels, size
        Number of channels and side in px of the tiles.
    pooled
        Whether it gives features (N, F), or else the feature map (N, F, h, w).

    Raises
    ------
    InputError
        There is no such network, it takes no such tiles or has no feature map, or its weights are not to be
        had.
    """
    _check_weights(settings)
    backbone: Backbone
    if settings.name in SUBCELL_CHANNELS:
        backbone = make_subcell_backbone(settings, channels, size, pooled=pooled)
    elif settings.name in BACKBONES:
        backbone = BACKBONES[settings.name](channels, size, pooled=pooled)
    else:
        backbone = make_timm_backbone(settings, channels, size, pooled=pooled)
    replace_patch_convolutions(backbone)
    backbone.freeze(settings.frozen)
    return backbone


def _check_weights(settings: BackboneSettings) -> None:
    if settings.name in SUBCELL_CHANNELS:
        # It has sources of its own, and checks them itself.
        return
    by_hand = settings.name in BACKBONES
    if not by_hand and settings.name != BOTNET and not has_network(settings.name):
        nearest = list_similar_networks(settings.name, list(NAMED_HERE)) or [PACKAGED_BACKBONE]
        raise InputError(
            found=f"no network is called {settings.name!r}",
            where="setting backbone.name",
            expected=f"a name in timm, or one of {', '.join(NAMED_HERE)}",
            advice=f"the nearest names are {', '.join(nearest)}",
        )
    if settings.pretrained == "package" and settings.name not in PACKAGED_BACKBONES:
        raise InputError(
            found=f"no package has weights for {settings.name}",
            where="setting backbone.pretrained",
            expected=f'"package" with {", ".join(PACKAGED_BACKBONES)} only',
            advice='set it to "none"' if by_hand else 'set it to "hub" (a download) or "none"',
        )
    if settings.pretrained.startswith("weights"):
        raise InputError(
            found=f"`hpacells weights fetch` has no weights for {settings.name}",
            where="setting backbone.pretrained",
            expected=f'"{settings.pretrained}" with {", ".join(SUBCELL_CHANNELS)} only',
            advice='set it to "none"' if by_hand else 'set it to "hub" (a download) or "none"',
        )
    if by_hand and settings.pretrained == "hub":
        raise InputError(
            found=f"nobody offers weights for {settings.name}",
            where="setting backbone.pretrained",
            expected='"none"',
        )
    if by_hand and settings.drop_path:
        raise lacks_stochastic_depth(settings.name)
