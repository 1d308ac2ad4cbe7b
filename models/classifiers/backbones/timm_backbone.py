"""Networks of timm as backbones, with a stem for the channels of a tile."""

import difflib
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from data.errors import InputError
from models.classifiers.backbones.botnet50 import add_attention
from models.classifiers.backbones.network import Backbone
from models.classifiers.backbones.packaged_weights import load_packaged_weights
from models.classifiers.backbones.settings import BOTNET, BackboneSettings, Pretrained
from models.torchvision_repair import import_torchvision

import_torchvision()

import timm  # noqa: E402 (needs the repaired torchvision)
from timm.models import group_parameters  # noqa: E402 (stands with timm)

_INNER = "network."

_COUNTED: dict[tuple[str, int, int, bool], int] = {}
"""Features of networks that were made before: to count them takes longer than all else of making one."""


class TimmBackbone(Backbone):
    """A network of timm without its classifier.

    The names in its state dict are those of timm, without the name of this wrapper.

    Parameters
    ----------
    network
        Made by timm with ``num_classes=0``.
    name
        Its name, for errors.
    channels, size
        Number of channels and side in px of the tiles.
    pooled
        Whether to give features as timm pools them, or else the feature map; the tokens of a transformer are
        its map, without those that stand for the whole tile.

    Raises
    ------
    InputError
        The network takes no tiles of this size, or has no feature map.
    """

    network: Any

    def __init__(self, network: nn.Module, name: str, channels: int, size: int, *, pooled: bool) -> None:
        super().__init__(0, pooled=pooled)
        self.network = network
        self.name = name
        key = (name, channels, size, pooled)
        if key not in _COUNTED:
            _COUNTED[key] = self._count_features(channels, size)
        self.num_features = _COUNTED[key]
        self.register_state_dict_post_hook(_drop_inner_name)
        self.register_load_state_dict_pre_hook(_add_inner_name)

    def forward(self, tiles: Tensor) -> Tensor:
        """Map standardised tiles (N, C, S, S) to features (N, F), or to the feature map (N, F, h, w)."""
        return self.network(tiles) if self.pooled else self.feature_map(tiles)

    @property
    def layers(self) -> int:
        """Number of timm's stages, between which the map is mostly halved, or of a transformer's blocks."""
        return len(self.network.feature_info) if hasattr(self.network, "forward_intermediates") else 0

    def feature_map(self, tiles: Tensor, layer: int = 0) -> Tensor:
        """Map standardised tiles to what a stage gives, from 1 on, or for 0 to the last map, before pooling.

        After the last stage some networks have one more convolution, whose map that is.
        """
        if not layer:
            return self._to_map(self.network.forward_features(tiles))
        maps = self.network.forward_intermediates(
            tiles, indices=[layer - 1], intermediates_only=True, stop_early=True, output_fmt="NCHW"
        )
        return maps[0]

    def stages(self) -> list[list[nn.Parameter]]:
        """Return all parameters by timm's own stages, in order of depth."""
        groups = group_parameters(self.network, self.network.group_matcher(coarse=True))
        named = dict(self.network.named_parameters())
        return [[named[name] for name in groups[stage]] for stage in sorted(groups)]

    def _to_map(self, features: Tensor) -> Tensor:
        if features.ndim == 3:
            tokens = features[:, getattr(self.network, "num_prefix_tokens", 0) :]
            side = math.isqrt(tokens.shape[1])
            if side * side == tokens.shape[1]:
                return tokens.transpose(1, 2).unflatten(2, (side, side))
        elif features.ndim == 4:
            channels_last = getattr(self.network, "output_fmt", "NCHW") == "NHWC"
            return features.permute(0, 3, 1, 2) if channels_last else features
        raise InputError(
            found=f"{self.name} has no feature map: its features have the shape {tuple(features.shape)}",
            where="setting backbone.name",
            expected="a network with a map (N, F, h, w), for the pooling or convolution of this head",
            advice='choose another network, or set head.pooling = "average"',
        )

    def _count_features(self, channels: int, size: int) -> int:
        """Run an empty tile through without computing anything, for the shape of what comes out."""
        state = {name: tensor.to("meta") for name, tensor in _all_tensors(self)}
        tile = torch.empty(1, channels, size, size, device="meta")
        training = self.training
        try:
            with torch.no_grad():
                return functional_call(self.eval(), state, (tile,)).shape[1]
        except NotImplementedError:
            # Some operation cannot tell the shape alone.
            width = getattr(self.network, "head_hidden_size", None) if self.pooled else None
            return int(width or self.network.num_features)
        except (RuntimeError, AssertionError, ValueError) as error:
            raise InputError(
                found=f"{self.name} cannot take tiles of {size} px ({_one_line(error)})",
                where="setting tiles",
                expected="tiles whose size fits the network; for most a multiple of 32 will do",
                advice="set another tiles.size or tiles.crop",
            ) from error
        finally:
            self.train(training)


def make_timm_backbone(settings: BackboneSettings, channels: int, size: int, *, pooled: bool) -> TimmBackbone:
    """Make a network of timm, or the BoTNet made from one, into a backbone, with its ImageNet weights.

    Raises
    ------
    InputError
        As `make_timm_network` and `TimmBackbone`, or the package's weights do not fit.
    """
    name = "resnet50" if settings.name == BOTNET else settings.name
    network = make_timm_network(
        name, channels, size, pretrained=settings.pretrained, drop_path=settings.drop_path
    )
    if settings.name == BOTNET:
        add_attention(network, size)
    if settings.pretrained == "package":
        load_packaged_weights(network, channels, name)
    return TimmBackbone(network, settings.name, channels, size, pooled=pooled)


def make_timm_network(
    name: str, channels: int, size: int, *, pretrained: Pretrained, drop_path: float
) -> nn.Module:
    """Make a network of timm without its classifier, with weights from timm's download if wished.

    Raises
    ------
    InputError
        timm has no such network, it does not take these settings, or its weights are not to be had.
    """
    arguments: dict[str, Any] = {"drop_path_rate": drop_path} if drop_path else {}
    try:
        published = timm.get_pretrained_cfg(name)
        if published is not None and published.fixed_input_size:
            arguments["img_size"] = size
        network = timm.create_model(
            name, pretrained=pretrained == "hub", in_chans=channels, num_classes=0, **arguments
        )
    except Exception as error:
        if drop_path and "drop_path_rate" in str(error):
            raise lacks_stochastic_depth(name) from error
        raise _explain(name, pretrained, error) from error
    _check_patches(name, network, size)
    return network


def _check_patches(name: str, network: nn.Module, size: int) -> None:
    patch = getattr(getattr(network, "patch_embed", None), "patch_size", None) or 1
    patch = patch if isinstance(patch, int) else max(patch)
    if size % patch:
        nearest = sorted({max(1, size // patch) * patch, (size // patch + 1) * patch})
        raise InputError(
            found=f"{name} cannot take tiles of {size} px (patches of {patch} px leave {size % patch} out)",
            where="setting tiles",
            expected=f"a multiple of {patch} px, such as {' or '.join(map(str, nearest))}",
            advice="set another tiles.size or tiles.crop",
        )


def lacks_stochastic_depth(name: str) -> InputError:
    """Explain that a network does not read the setting ``drop_path``."""
    return InputError(
        found=f"{name} has no stochastic depth",
        where="setting backbone.drop_path",
        expected="0",
        advice="set backbone.drop_path = 0, or choose another network",
    )


def has_network(name: str) -> bool:
    """Return whether timm has a network of this name, with or without the tag of its weights."""
    return timm.is_model(name.partition(".")[0])


def list_similar_networks(name: str, others: list[str]) -> list[str]:
    """List the networks of timm, and the others, whose names are nearest to a name; at most five."""
    known = [*others, *timm.list_models()]
    return difflib.get_close_matches(name.partition(".")[0], known, n=5)


def _explain(name: str, pretrained: Pretrained, error: Exception) -> InputError:
    hub = pretrained == "hub"
    return InputError(
        found=f"{name} cannot be made ({_one_line(error)})",
        where="setting backbone",
        expected="a network whose pretrained weights can be downloaded, and fit the tiles"
        if hub
        else "a network that takes these settings",
        advice='check the network connection, or set backbone.pretrained to "none"'
        if hub
        else "choose another network",
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _all_tensors(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _drop_inner_name(_: nn.Module, state: dict[str, Tensor], prefix: str, metadata: Any) -> None:
    _rename(state, prefix + _INNER, prefix)


def _add_inner_name(_: nn.Module, state: dict[str, Tensor], prefix: str, *others: Any) -> None:
    _rename(state, prefix, prefix + _INNER)


def _rename(state: dict[str, Tensor], old: str, new: str) -> None:
    for name in [name for name in state if name.startswith(old)]:
        state[new + name.removeprefix(old)] = state.pop(name)
