"""The pooling attention of the cells of a report: its maps, its pictures, and what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.plots.attention import draw_attention_scale, overlay_attention, spread_attention
from data.plots.composites import shrink, stretch_contrast
from stages.inspect.pictures import write_jpeg

SCALE = "attention_scale.jpg"
"""The picture of the colours, beside the first page."""


@dataclass(frozen=True)
class CellAttention:
    """The attention of some cells; of none where the network has no such thing.

    Attributes
    ----------
    maps
        Row of the cells table -> (heads, h, w) float32, the weight of each patch.
    seen
        Part of the tile's side, in its middle, that the network sees.
    legend
        What the pictures show, and how they are scaled; empty where there are none.
    note
        How many cells have pictures, or why none has; empty where nothing is to be said.
    classes
        Row of the cells table -> name of the class that its map is about; empty where maps are of attention.
    """

    maps: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)
    seen: float = 1.0
    legend: str = ""
    note: str = ""
    classes: Mapping[int, str] = field(default_factory=dict)

    @property
    def heads(self) -> int:
        """Maps of a cell; 0 where there are none."""
        return next((len(each) for each in self.maps.values()), 0)

    def draw(
        self, row: int, tile: NDArray[np.uint8], contrast: NDArray[np.float64], side: int
    ) -> NDArray[np.uint8]:
        """Draw the maps of a cell over its tile (4, H, W), side by side: (side, heads * side, 3)."""
        stretched = stretch_contrast(tile, contrast)
        height, width = tile.shape[1:]
        heats = [spread_attention(each, height, width, self.seen) for each in self.maps[row]]
        return np.hstack([shrink(overlay_attention(stretched, heat), side) for heat in heats])

    def describe(self, row: int) -> str:
        """Return the largest weight of each head in a cell, or what its map is about, in words."""
        if row in self.classes:
            return f"Grad-CAM: what speaks for {self.classes[row]}"
        largest = [f"{weight:.2%}" for weight in self.maps[row].max(axis=(1, 2)).tolist()]
        return f"attention: at most {' and '.join(largest)} on one patch"


def write_scale(folder: Path, attention: CellAttention) -> None:
    """Write the picture of the colours, where any map is shown."""
    if attention.maps:
        write_jpeg(folder / SCALE, draw_attention_scale(12, 160))
