"""Grad-CAM (Selvaraju et al. 2017): which places of the last feature map speak for the likeliest class."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.errors import InputError
from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from models.classifiers.classifier import Architecture, Classifier


class NoFeatureMapError(InputError):
    """The head of a classifier is not computed from a last feature map."""


class GradCam(NamedTuple):
    """Maps of some tiles.

    Attributes
    ----------
    maps
        (N, h, w) float32, 0 or more: what each place adds to the logit of the class.
    classes
        (N,) the likeliest class of each tile, which its map is about.
    """

    maps: NDArray[np.float32]
    classes: NDArray[np.int64]


def may_have_grad_cam(architecture: Architecture) -> bool:
    """Return whether a classifier may have a last feature map; those of SubCell have attention instead."""
    return architecture.backbone.name not in SUBCELL_CHANNELS


def explain_tiles(classifier: Classifier, tiles: NDArray[np.uint8], device: torch.device) -> GradCam:
    """Compute Grad-CAM of some tiles, in float32.

    Parameters
    ----------
    classifier
        In evaluation mode, on the device.
    tiles
        (N, S, S, C) uint8, as the classifier's tile settings prepare them.
    device
        Where it runs.

    Raises
    ------
    NoFeatureMapError
        The head is not computed from a last feature map, as of transformers.
    """
    batch = torch.from_numpy(np.ascontiguousarray(tiles)).to(device).permute(0, 3, 1, 2)
    with torch.no_grad():
        last = classifier.feature_map(batch)
    with torch.enable_grad():
        # Frozen weights have no gradients, but the tiles may.
        leaf = batch.float().requires_grad_()
        recorded, logits = _run(classifier, leaf, last.shape)
        features = next((each for each in reversed(recorded) if _is_same(each, last)), None)
        if features is None:
            raise NoFeatureMapError(
                found=f"{classifier.architecture.backbone.name} has no last feature map that its head takes",
                where="Grad-CAM",
                expected="a convolutional network",
            )
        classes = logits.argmax(dim=1)
        chosen = logits.gather(1, classes[:, None]).sum()
        [gradient] = torch.autograd.grad(chosen, features)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = (weights * features.detach()).sum(dim=1).clamp(min=0)
    return GradCam(maps.float().cpu().numpy(), classes.cpu().numpy())


def _is_same(features: Tensor, last: Tensor) -> bool:
    """Return whether a map is the last one, which a GPU may compute a little differently each time."""
    return torch.allclose(features.detach().float(), last, rtol=1e-3, atol=1e-4 * float(last.abs().max()))


def _run(classifier: Classifier, tiles: Tensor, shape: torch.Size) -> tuple[list[Tensor], Tensor]:
    """Run a classifier; return what its parts gave that has the shape of a map, in order, and logits."""
    recorded: list[Tensor] = []

    def record(_: nn.Module, __: Any, output: Any) -> None:
        if isinstance(output, Tensor) and output.shape == shape and output.requires_grad:
            recorded.append(output)

    hooks = [module.register_forward_hook(record) for module in classifier.backbone.modules()]
    try:
        return recorded, classifier(tiles).logits
    finally:
        for hook in hooks:
            hook.remove()
