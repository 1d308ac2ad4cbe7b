"""Pooling of a feature map into features: its average, or average and maximum."""

from torch import Tensor, nn

from models.classifiers.heads.settings import Pooling
from models.torchvision_repair import import_torchvision

import_torchvision()

from timm.layers.adaptive_avgmax_pool import SelectAdaptivePool2d  # noqa: E402 (needs the repaired torchvision)


class Pool(nn.Module):
    """What comes before the layers of a head; it has no weights.

    "average" takes features (N, F), which the backbone has pooled in its own way, and leaves them as they
    are. "average-maximum" is the adaptive concatenate pooling of Zhang et al. (2021): it takes a feature map
    (N, F, h, w) of any size and returns (N, 2 F), first the averages and then the maxima.

    Parameters
    ----------
    pooling
        Which of the two.
    features
        Number of features F of the backbone.

    Attributes
    ----------
    features
        Number of features that come out.
    """

    def __init__(self, pooling: Pooling, features: int) -> None:
        super().__init__()
        if pooling == "average":
            self.features, self.layer = features, nn.Identity()
        else:
            self.features = 2 * features
            self.layer = SelectAdaptivePool2d(pool_type="catavgmax", flatten=True)

    def forward(self, features: Tensor) -> Tensor:
        """Pool features (N, F), or a feature map (N, F, h, w)."""
        return self.layer(features)
