"""The loss of a segmentation network's maps."""

import torch
from torch import Tensor
from torch.nn import functional

from data.segmenter_training.targets import MAPS

WEIGHTS = {"nucleus": 1.0, "core": 1.0, "cell": 1.0, "contact": 1.0, "depth": 2.0}
"""Weight of each map."""

DICE_MAPS = ("nucleus", "core", "cell", "contact")
"""Maps of 0 and 1, which also have a Dice loss: it keeps thin contacts from being overruled by the rest."""

CONTACT_PIXEL_WEIGHT = 4.0
"""How many times a pixel near a contact between cells counts: there cells are merged or kept apart."""


def segmentation_loss(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Compute the mean over pixels of weighted cross entropies, plus the Dice losses.

    Parameters
    ----------
    logits
        (N, 5, H, W) of `data.segmenter_training.targets.MAPS`.
    targets
        (N, 5, H, W) in 0..1.
    weight
        (N, H, W), 0 where nothing is known.

    Returns
    -------
    Tensor
        Scalar. Depth, which is no class, has the cross entropy with a soft target as well: it is least where
        the prediction equals the target.
    """
    logits = logits.float()
    scale = torch.tensor([WEIGHTS[name] for name in MAPS], device=logits.device)
    contact = targets[:, MAPS.index("contact")]
    near = functional.max_pool2d(contact[:, None], 5, stride=1, padding=2)[:, 0]
    pixel_weight = (weight * (1 + (CONTACT_PIXEL_WEIGHT - 1) * near))[:, None]
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    entropy = (entropy * pixel_weight).sum((0, 2, 3)) / pixel_weight.sum().clamp(min=1)
    indices = [MAPS.index(name) for name in DICE_MAPS]
    known = weight[:, None]
    chances, truth = torch.sigmoid(logits[:, indices]) * known, targets[:, indices] * known
    shared = (chances * truth).sum((0, 2, 3))
    dice = 1 - (2 * shared + 1) / (chances.sum((0, 2, 3)) + truth.sum((0, 2, 3)) + 1)
    return (entropy * scale).sum() + dice.mean()
