"""Making SubCell's network, with the published weights where they are wished."""

from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor

from data.errors import InputError
from models.classifiers.backbones.settings import SUBCELL_CHANNELS, BackboneSettings
from models.classifiers.backbones.subcell.network import PATCH_PX, SubCellBackbone
from models.classifiers.backbones.subcell.store import PRETRAINED, WEIGHTS, require_pretrained
from models.finite_weights import check_finite

_PREFIX = "backbone."


def make_subcell_backbone(
    settings: BackboneSettings, channels: int, size: int, *, pooled: bool
) -> SubCellBackbone:
    """Make a network of SubCell; parameters are those of ``create_backbone``.

    Raises
    ------
    InputError
        The tiles have another number of channels or a side that is no multiple of 16 px, or the weights are
        not fetched or damaged.
    """
    _check_tiles(settings.name, channels, size)
    if settings.pretrained not in (*PRETRAINED, "none"):
        raise InputError(
            found=f'"{settings.pretrained}", which has no weights for {settings.name}',
            where="setting backbone.pretrained",
            expected='"weights", "weights-vit-supcon" or "none"',
            advice=f'set it to "weights", after `hpacells weights fetch {settings.name}`, or to "none"',
        )
    backbone = SubCellBackbone(channels, pooled=pooled, drop_path=settings.drop_path)
    if settings.pretrained != "none":
        folder = require_pretrained(settings.name, settings.pretrained)
        backbone.load_state_dict(_read_backbone(folder / WEIGHTS))
    return backbone


def _check_tiles(name: str, channels: int, size: int) -> None:
    expected = SUBCELL_CHANNELS[name]
    if channels != len(expected):
        others = [other for other, taken in SUBCELL_CHANNELS.items() if len(taken) == channels]
        raise InputError(
            found=f"tiles of {channels} channels for {name}",
            where="setting tiles.channels",
            expected=", ".join(expected),
            advice=f"set them, or backbone.name = {' or '.join(others)}" if others else "set them",
        )
    if size % PATCH_PX:
        raise InputError(
            found=f"{name} cannot take tiles of {size} px: its patches of {PATCH_PX} px leave some out",
            where="setting tiles",
            expected=f"a multiple of {PATCH_PX} px; it was trained with 448 px",
            advice="set another tiles.size or tiles.crop",
        )


def _read_backbone(path: Path) -> dict[str, Tensor]:
    file: Any
    with safe_open(path, framework="pt") as file:
        names = [entry for entry in file.keys() if entry.startswith(_PREFIX)]  # noqa: SIM118
        weights = {entry.removeprefix(_PREFIX): file.get_tensor(entry) for entry in names}
    check_finite(weights, path)
    return weights
