"""Single-cell tiles in memory, on their way from a field to the tile store."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.channels import CHANNELS
from data.tiles.tile_presets import PRESETS

TILE_SIZE = PRESETS["cell"].size
"""Side in px of a tile of the usual preset."""


@dataclass(frozen=True)
class CellTiles:
    """The tiles of n cells.

    Attributes
    ----------
    tiles
        (n, 4, S, S) uint8, R G B Y.
    cell_masks, nucleus_masks
        (n, S, S) bool.
    mean_intensities
        (n, 4) float32: mean over the cell's pixels at full size, 0..1; NaN for what was not measured.
    """

    tiles: NDArray[np.uint8]
    cell_masks: NDArray[np.bool_]
    nucleus_masks: NDArray[np.bool_]
    mean_intensities: NDArray[np.float32]

    @classmethod
    def blank(cls, count: int, size: int = TILE_SIZE) -> "CellTiles":
        """Make black tiles of some px without masks, and with intensities that say "not measured" (NaN)."""
        return cls(
            np.zeros((count, 4, size, size), np.uint8),
            np.zeros((count, size, size), np.bool_),
            np.zeros((count, size, size), np.bool_),
            np.full((count, 4), np.nan, np.float32),
        )

    def without_means_of_others(self, channels: Collection[str]) -> "CellTiles":
        """Return the tiles with intensities of some channels only; those of the others are NaN."""
        absent = [place for place, channel in enumerate(CHANNELS) if channel not in channels]
        if not absent:
            return self
        intensities = self.mean_intensities.copy()
        intensities[:, absent] = np.nan
        return replace(self, mean_intensities=intensities)
