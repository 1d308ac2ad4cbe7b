"""The presets of tiles: how large a window around each cell they show, in how many pixels."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.fields.field import REFERENCE_PIXEL_SIZE_UM

PresetName = Literal["cell", "subcell", "subcell-640"]

FIELD = "field"
"""In place of a preset: the tiles are whole fields, of any size."""

TilesName = PresetName | Literal["field"]
"""What tiles show: a window around a cell by a preset, or a whole field."""

_SAME_SIZE = 1.01
"""Largest ratio of pixel sizes that are one: HPA's own is stated as 0.08 um and as 0.0800885 um."""


@dataclass(frozen=True)
class TilePreset:
    """How tiles are cut.

    Attributes
    ----------
    size
        Side of a tile in px.
    window
        Side of the window around each cell, in px of 0.08 um; None: as long as the cell's own box.
    margin
        How far beyond the cell's mask it stays visible where neighbours are black, in px of 0.08 um.
    """

    size: int
    window: int | None = None
    margin: int = 0

    def find_square(self, box: NDArray[np.integer], pixel_size_um: float) -> tuple[int, int, int]:
        """Find the square that becomes a cell's tile: its first row and column, maybe negative, and its side.

        A square of its own for each cell is centred on its box and as long as the longer side; a window lies
        around the middle of the box, rounded down. The side is rounded up to a multiple of the power of two
        by which ``data.tiles.cutting.cropping.resize_square`` first shrinks.

        Parameters
        ----------
        box
            Half-open box y0 x0 y1 x1 of the cell, in px.
        pixel_size_um
            Edge of a pixel of the field.
        """
        y0, x0, y1, x1 = (int(value) for value in box)
        side = max(y1 - y0, x1 - x0) if self.window is None else self._scale(self.window, pixel_size_um)
        step = 2 ** count_halvings(side, self.size)
        side = -(-side // step) * step
        if self.window is None:
            return y0 - (side - (y1 - y0)) // 2, x0 - (side - (x1 - x0)) // 2, side
        return (y0 + y1) // 2 - side // 2, (x0 + x1) // 2 - side // 2, side

    def find_margin(self, pixel_size_um: float) -> int:
        """Return the margin in px of a field."""
        return self._scale(self.margin, pixel_size_um) if self.margin else 0

    def _scale(self, length: int, pixel_size_um: float) -> int:
        factor = REFERENCE_PIXEL_SIZE_UM / pixel_size_um
        if max(factor, 1 / factor) <= _SAME_SIZE:
            return length
        return max(1, round(length * factor))


PRESETS: dict[PresetName, TilePreset] = {
    "cell": TilePreset(256),
    "subcell": TilePreset(448, window=896, margin=3),
    "subcell-640": TilePreset(640, window=640, margin=3),
}
"""``subcell`` are the tiles that SubCell was trained with, ``subcell-640`` those that its authors advise and
use for inference; docs/subcell.md says where each number is from."""


class PresetTiles(Protocol):
    """Tiles of one preset."""

    @property
    def preset(self) -> str:
        """Name of the preset."""
        ...

    @property
    def size(self) -> int:
        """Side of a tile in px."""
        ...


def count_halvings(side: int, size: int) -> int:
    """Count how often a side must be halved to be at most twice a tile's."""
    return max(0, math.ceil(math.log2(side / (2 * size))))


def are_alike(one: str, other: str) -> bool:
    """Return whether two presets show a window for the same kind of network, each at a scale of its own."""
    return one.partition("-")[0] == other.partition("-")[0]


def check_preset_name(name: str, where: object) -> None:
    """Check that there is a preset of a name; an `InputError` says which there are."""
    if name not in PRESETS:
        raise InputError(found=f"preset = {name!r}", where=where, expected=f"one of {', '.join(PRESETS)}")


def check_preset(tiles: PresetTiles, needed: str, where: object, user: object = "the classifier") -> None:
    """Check that tiles are of the preset that is needed.

    Parameters
    ----------
    tiles
        The tiles.
    needed
        Name of a preset.
    where, user
        Which tiles, and what takes them, for the message.

    Raises
    ------
    InputError
        They are of another preset, or show fields and not cells, or cells and not fields.
    """
    if FIELD in (tiles.preset, needed) and tiles.preset != needed:
        shown, taken = ("whole fields", "cells") if needed != FIELD else ("cells", "whole fields")
        raise InputError(
            found=f"tiles of {shown}",
            where=where,
            expected=f"tiles of {taken}, which {user} takes",
            advice="use a classifier of cells"
            if needed == FIELD
            else "use a classifier that was trained with train.unit = field",
        )
    if tiles.preset != needed:
        raise InputError(
            found=f"tiles of the preset {tiles.preset}, {tiles.size} px",
            where=where,
            expected=f"tiles of the preset {needed}, which {user} takes",
            advice=f"run `hpacells crops IMAGES --set crops.preset={needed}`, in Python "
            f'crop_cells(..., preset="{needed}")',
        )
