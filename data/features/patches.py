"""Which cells excite a neuron most, and which part of their tiles it looks at."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.tiles.cell_tiles import TILE_SIZE
from data.tiles.preparation import TileSettings


class Box(NamedTuple):
    """A half-open box in px of the stored tile."""

    y0: int
    x0: int
    y1: int
    x1: int


class Reach(NamedTuple):
    """How far a place of a map looks before and after its middle, in px of the network's input."""

    before: float
    after: float


@dataclass(frozen=True)
class MapGrid:
    """How the places of a feature map lie in the stored tiles.

    Attributes
    ----------
    height, width
        Of the map.
    reach
        The receptive field, for both axes.
    tiles
        How the network's input is made of a stored tile.
    stored_px
        Side of a stored tile.
    """

    height: int
    width: int
    reach: Reach
    tiles: TileSettings
    stored_px: int = TILE_SIZE

    @property
    def field_px(self) -> float:
        """Side of the receptive field in px of the network's input, at most that of the tile."""
        return min(sum(self.reach), float(self.tiles.side))

    @property
    def whole(self) -> bool:
        """Whether the receptive field is as large as the tile, or larger."""
        return self.field_px >= self.tiles.side

    def place_box(self, place: int) -> Box:
        """Return the part of a stored tile that is a place of the map, counted row by row."""
        steps = self._steps
        row, column = divmod(place, self.width)
        return self._to_box(row * steps[0], column * steps[1], (row + 1) * steps[0], (column + 1) * steps[1])

    def field_box(self, place: int) -> Box:
        """Return the part of a stored tile that a place of the map depends on: its receptive field."""
        if self.whole:
            side = self.tiles.side
            return self._to_box(0, 0, side, side)
        row, column = divmod(place, self.width)
        y, x = ((at + 0.5) * step for at, step in zip((row, column), self._steps, strict=True))
        before, after = self.reach
        return self._to_box(y - before, x - before, y + after, x + after)

    @property
    def _steps(self) -> tuple[float, float]:
        return self.tiles.side / self.height, self.tiles.side / self.width

    def _to_box(self, *edges: float) -> Box:
        spare = (self.tiles.size - self.tiles.side) // 2
        scale = self.stored_px / self.tiles.size
        inside = np.clip(edges, 0, self.tiles.side)
        return Box(*(int(edge) for edge in np.rint((inside + spare) * scale)))


def find_most_exciting(
    peaks: NDArray[np.floating], means: NDArray[np.floating], neuron: int, count: int
) -> NDArray[np.intp]:
    """Find the cells that excite a neuron most, the strongest first.

    Parameters
    ----------
    peaks
        (n, F) the strongest activation of each neuron in each cell.
    means
        (n, F) the mean activation, which ranks cells of the same peak: some activations end at a highest
        value, such as 6, which many cells reach.
    """
    return np.lexsort((-means[:, neuron], -peaks[:, neuron]))[:count]


def choose_neurons(
    information: NDArray[np.floating] | None, peaks: NDArray[np.floating], count: int
) -> NDArray[np.intp]:
    """Choose the neurons to show: those that tell most of the class, or else those that vary most.

    Parameters
    ----------
    information
        (F,) mutual information of each neuron with the class; None where it is not known.
    peaks
        (n, F) the strongest activation of each neuron in each cell.
    """
    rank = peaks.std(axis=0) if information is None else information
    return np.argsort(-rank, kind="stable")[:count]
