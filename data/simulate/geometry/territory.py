"""The ground of one cell on a coarse grid: where filaments may run and organelles may lie, seen or not."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

GRID_UM = 0.32
"""Distance of the grid's points in µm."""


@dataclass(frozen=True)
class Territory:
    """The ground of a cell, whole, also where the field's border cuts it.

    Attributes
    ----------
    origin
        Place y, x of the grid's first point, in µm from the field's corner.
    cell
        (h, w) bool: the grid's points in the cell.
    nucleus
        (h, w) bool: those in its nucleus.
    """

    origin: tuple[float, float]
    cell: NDArray[np.bool_]
    nucleus: NDArray[np.bool_]

    @cached_property
    def edge_distance(self) -> NDArray[np.float64]:
        """Distance to the cell's edge in µm, 0 outside."""
        return _distance(np.pad(self.cell, 1))[1:-1, 1:-1]

    @cached_property
    def nucleus_distance(self) -> NDArray[np.float64]:
        """Distance to the nucleus in µm, 0 in it."""
        return _distance(~self.nucleus)

    @cached_property
    def cytoplasm_room(self) -> NDArray[np.float64]:
        """Distance to the nearest of edge and nucleus in µm, 0 outside the cytoplasm."""
        return np.minimum(self.edge_distance, self.nucleus_distance)

    def nearest(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number, row by row, of the grid point next to each of ``points`` (..., 2: y, x)."""
        height, width = self.cell.shape
        places = ((points - self.origin) / GRID_UM + 0.5).astype(np.int64)
        row = np.minimum(np.maximum(places[..., 0], 0), height - 1)
        return row * width + np.minimum(np.maximum(places[..., 1], 0), width - 1)

    def look_up(self, values: NDArray[np.floating], points: NDArray[np.float64]) -> NDArray[np.floating]:
        """Return the value of a (h, w) map at the grid point next to each of ``points`` (..., 2: y, x)."""
        return values.ravel()[self.nearest(points)]

    def sample(
        self, weights: NDArray[np.floating], count: int, random: np.random.Generator
    ) -> NDArray[np.float64]:
        """Draw ``count`` points (count, 2: y, x in µm), each grid point as likely as its weight (h, w) says.

        Gives no point where every weight is 0. Weights in float64 give the same points on every processor.
        """
        cumulated = np.cumsum(weights, dtype=np.float64)
        if cumulated[-1] <= 0:
            return np.empty((0, 2))
        flat = np.searchsorted(cumulated, random.random(count) * cumulated[-1], side="right")
        places = np.stack(np.unravel_index(np.minimum(flat, cumulated.size - 1), weights.shape), axis=1)
        return (places + random.uniform(-0.5, 0.5, (count, 2))) * GRID_UM + self.origin


def _distance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance in µm to the nearest point outside the mask.

    These distances decide where things lie, so they are the same on every processor: roots of whole numbers,
    whatever the rounding of those that OpenCV gives.
    """
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Without any point outside the mask OpenCV answers with the largest number there is.
    distance = np.minimum(distance.astype(np.float64), sum(mask.shape))
    return np.sqrt(np.rint(distance**2)) * GRID_UM
