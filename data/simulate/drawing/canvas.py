"""Drawing curves and spots of known brightness into a window of a field."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Canvas:
    """A window of a field on which places in µm can be drawn.

    Attributes
    ----------
    origin_px
        Row and column of the window's first pixel in the field.
    shape
        Its height and width in pixels.
    px_per_um
        Pixels in a micrometre.
    """

    origin_px: tuple[int, int]
    shape: tuple[int, int]
    px_per_um: float

    def draw_points(
        self,
        points: NDArray[np.float64],
        weights: NDArray[np.floating],
        sigma: float,
        *,
        curves: bool = False,
    ) -> NDArray[np.floating]:
        """Add up Gaussian spots of equal width.

        Parameters
        ----------
        points
            (..., 2): y, x in µm from the field's corner; those outside the window are left out.
        weights
            (...): brightness at the middle of each spot.
        sigma
            Width of the spots in µm.
        curves
            The points lie a pixel apart along curves, and the weights are the brightness of the lines.
        """
        flat = points.reshape(-1, 2) * self.px_per_um - self.origin_px
        row, column = np.floor(flat[:, 0]).astype(np.int64), np.floor(flat[:, 1]).astype(np.int64)
        seen = (row >= 0) & (row < self.shape[0]) & (column >= 0) & (column < self.shape[1])
        places = row[seen] * self.shape[1] + column[seen]
        sums = np.bincount(
            places, np.broadcast_to(weights, points.shape[:-1]).reshape(-1)[seen], int(np.prod(self.shape))
        )
        sigma_px = max(sigma * self.px_per_um, 0.5)
        peak = np.sqrt(2 * np.pi) * sigma_px
        image = sums.reshape(self.shape).astype(np.float32) * np.float32(peak if curves else peak**2)
        blurred = cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(blurred, dtype=np.float32)

    def distance_from(self, point: tuple[float, float]) -> NDArray[np.floating]:
        """Return each pixel's distance (h, w) in µm from a point y, x."""
        y, x = self.offsets_from(point)
        return np.hypot(y, x)

    def offsets_from(self, point: tuple[float, float]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """Return the offsets in µm from a point to each row (h, 1) and each column (1, w)."""
        rows = np.arange(self.shape[0], dtype=np.float32)[:, None] + np.float32(self.origin_px[0] + 0.5)
        columns = np.arange(self.shape[1], dtype=np.float32)[None, :] + np.float32(self.origin_px[1] + 0.5)
        return rows / self.px_per_um - np.float32(point[0]), columns / self.px_per_um - np.float32(point[1])
