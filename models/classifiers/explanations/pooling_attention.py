"""The attention with which a network pools its tokens to features."""

import numpy as np
import torch
from numpy.typing import NDArray

from models.classifiers.backbones.settings import SUBCELL_CHANNELS
from models.classifiers.classifier import Architecture, Classifier
from models.classifiers.heads.head import wants_map


def pools_by_attention(architecture: Architecture) -> bool:
    """Return whether a classifier's head takes features that its network pools by attention."""
    return architecture.backbone.name in SUBCELL_CHANNELS and not wants_map(architecture.head)


def attend_tiles(
    classifier: Classifier, tiles: NDArray[np.uint8], device: torch.device
) -> NDArray[np.float32]:
    """Run a classifier's network on some tiles, in float32.

    Parameters
    ----------
    classifier
        In evaluation mode, on the device.
    tiles
        (N, S, S, C) uint8, as the classifier's tile settings prepare them.
    device
        Where it runs.

    Returns
    -------
    ndarray (N, heads, h, w)
        float32, the weight of each patch in each head, the patches row by row.
    """
    with torch.inference_mode():
        batch = torch.from_numpy(np.ascontiguousarray(tiles)).to(device).permute(0, 3, 1, 2)
        return classifier.attention(batch).float().cpu().numpy()
