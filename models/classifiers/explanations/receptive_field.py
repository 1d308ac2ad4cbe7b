"""The receptive field of a feature map: which pixels of a tile one of its places depends on."""

import copy
from bisect import bisect_left
from typing import NamedTuple

import torch
from torch import Tensor

from models.classifiers.backbones.network import Backbone


class ReceptiveField(NamedTuple):
    """How far a place of the map looks, in px of the tile, from its middle upwards and downwards."""

    before: float
    after: float


def find_receptive_field(backbone: Backbone, channels: int, side: int, layer: int = 0) -> ReceptiveField:
    """Find the receptive field of a feature map by trial, for any network.

    Rows of pixels that are no number (NaN) make every place of the map no number that depends on them,
    through all layers and whatever the weights. How many such rows, from the top on, leave the lowest row of
    the map as it is, and how many from the bottom on the highest, is found by bisection. Columns are not
    tried: kernels are square, or come in pairs.

    Parameters
    ----------
    backbone
        In any mode; it is copied, as it runs in float64: faster ways for float32 mix neighbouring pixels.
    channels, side
        Number of channels and side in px of the tiles.
    layer
        As for `Backbone.feature_map`.

    Returns
    -------
    ReceptiveField
        A part is ``side`` where it is as long as the tile or longer.

    Raises
    ------
    InputError
        The network has no such map.
    """
    trial = _Trial(copy.deepcopy(backbone).cpu().double().eval(), channels, side, layer)
    step = side / trial.height
    before = after = float(side)
    if not trial.depends_on(trial.height - 1, 0, 1):
        untouched = bisect_left(
            range(side), True, key=lambda row: trial.depends_on(trial.height - 1, 0, row + 1)
        )
        before = side - step / 2 - untouched
    if not trial.depends_on(0, side - 1, side):
        untouched = bisect_left(range(side), True, key=lambda row: trial.depends_on(0, side - 1 - row, side))
        after = side - step / 2 - untouched
    return ReceptiveField(before, after)


class _Trial:
    """A network whose map is looked at in its middle column."""

    def __init__(self, network: Backbone, channels: int, side: int, layer: int) -> None:
        self._network, self._layer = network, layer
        self._tile = torch.zeros(1, channels, side, side, dtype=torch.float64)
        self.height = self._run(self._tile).shape[2]

    def depends_on(self, row: int, start: int, stop: int) -> bool:
        """Return whether a row of the map depends on any of some rows of the tile."""
        tile = self._tile.clone()
        tile[:, :, start:stop] = torch.nan
        features = self._run(tile)
        return bool(features[0, :, row, features.shape[3] // 2].isnan().any())

    def _run(self, tile: Tensor) -> Tensor:
        with torch.inference_mode():
            return self._network.feature_map(tile, self._layer)
