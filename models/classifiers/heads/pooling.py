"""Pooling of a feature map into features: its average, or average and maximum."""

from torch import nn

from models.classifiers.heads.settings import Pooling
from models.torchvision_repair import import_torchvision

import_torchvision()

from timm.layers.adaptive_avgmax_pool import SelectAdaptivePool2d  # noqa: E402 (needs the repaired torchvision)


def make_pooling(pooling: Pooling) -> nn.Module:
    """Make the module that comes before the layers of a head.

    "average" takes features (N, F), which the backbone has pooled in its own way, and leaves them as they
    are. "average-maximum" is the adaptive concatenate pooling of Zhang et al. (2021): it takes a feature map
    (N, F, h, w) of any size and gives (N, 2 F), first the averages and then the maxima.
    """
    return (
        SelectAdaptivePool2d(pool_type="catavgmax", flatten=True) if pooling != "average" else nn.Identity()
    )


def count_pooled(pooling: Pooling, features: int) -> int:
    """Count what the pooling gives for a backbone's number of features."""
    return features if pooling == "average" else 2 * features
