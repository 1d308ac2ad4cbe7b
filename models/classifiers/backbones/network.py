"""What every backbone has in common: its features, its parameters by depth, and parts that do not learn."""

from abc import ABC, abstractmethod
from typing import Self

from torch import Tensor, nn

from data.errors import InputError
from models.classifiers.backbones.settings import Frozen

_NORMS = (nn.BatchNorm2d, nn.GroupNorm, nn.LayerNorm)


def require_size(size: int, least: int, network: str) -> None:
    """Check that tiles are large enough for a network.

    Raises
    ------
    InputError
        They are smaller than ``least`` px.
    """
    if size < least:
        raise InputError(
            found=f"tiles of {size} px for {network}", where="setting tiles", expected=f"{least} px or more"
        )


class Backbone(nn.Module, ABC):
    """A network from tiles to features.

    Parameters
    ----------
    num_features
        Length F of the features, or number of channels of the feature map.
    pooled
        Whether `forward` gives features (N, F), or else the feature map (N, F, h, w).
    """

    def __init__(self, num_features: int, *, pooled: bool) -> None:
        super().__init__()
        self.num_features = num_features
        self.pooled = pooled
        self.frozen: Frozen = "none"

    @abstractmethod
    def forward(self, tiles: Tensor) -> Tensor:
        """Map standardised tiles (N, C, S, S) to features (N, F), or to the feature map (N, F, h, w)."""

    @abstractmethod
    def stages(self) -> list[list[nn.Parameter]]:
        """Return all parameters in order of depth, those of one stage together, frozen ones included."""

    @property
    @abstractmethod
    def layers(self) -> int:
        """Number of layers of which `feature_map` gives the map; 0 where it gives the last alone."""

    @abstractmethod
    def feature_map(self, tiles: Tensor, layer: int = 0) -> Tensor:
        """Map standardised tiles (N, C, S, S) to the map (N, F, h, w) of a layer, from 1 on; 0 is the last.

        Raises
        ------
        InputError
            The network has no such map.
        """

    def flat_features(self, tiles: Tensor) -> Tensor:
        """Map standardised tiles (N, C, S, S) to features that are the last map in a row, or to that map."""
        last = self.feature_map(tiles)
        return last.flatten(1) if self.pooled else last

    def stem(self) -> list[nn.Module]:
        """Return the first convolution, and its norm where one follows it directly."""
        modules = list(self.modules())
        first = next(index for index, module in enumerate(modules) if isinstance(module, nn.Conv2d))
        following = [module for module in modules[first + 1 : first + 2] if isinstance(module, _NORMS)]
        return [modules[first], *following]

    def freeze(self, part: Frozen) -> None:
        """Keep a part as it is, and let all others learn; may be called again with another part.

        What is frozen has no gradients, and its batch norms stay in evaluation mode in training.
        """
        self.frozen = part
        self.requires_grad_(part != "all")
        if part == "stem":
            for module in self.stem():
                module.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set the mode of all but the frozen part, which stays in evaluation mode."""
        super().train(mode)
        # The backbone's own flag follows the mode, so that it is known when the frozen part changes.
        if self.frozen != "none":
            for module in self.stem() if self.frozen == "stem" else self.children():
                module.eval()
        return self
