"""Smooth random fields from which the grain, meshes and unevenness of the stains are made."""

import cv2
import numpy as np
from numpy.typing import NDArray

from data.simulate.random_streams import Stream, random_stream

# Below this width in pixels of its grid a Gaussian is badly sampled, above it the grid is needlessly fine.
_SIGMA_ON_GRID = 1.6


def smooth_noise(
    shape: tuple[int, int],
    sigma: float,
    random: np.random.Generator,
    dtype: type[np.float32] | type[np.float64] = np.float32,
) -> NDArray[np.floating]:
    """Draw Gaussian noise (H, W) of mean 0, variance 1 and correlation length ``sigma`` pixels.

    Wide noise is drawn on a coarser grid and enlarged. What is blurred is drawn evenly: that is quicker, and
    the blurred noise is Gaussian all the same. Where the noise decides what is where, it must be float64:
    processors round differently, and in float32 now and then to the other side of a threshold.
    """
    factor = max(1, int(sigma / _SIGMA_ON_GRID))
    grid = (-(-shape[0] // factor) + 4, -(-shape[1] // factor) + 4)
    noise = random.random(grid, dtype=dtype)
    noise -= dtype(0.5)
    sigma_grid = sigma / factor
    noise *= dtype(np.sqrt(12.0) * 2.0 * np.sqrt(np.pi) * sigma_grid)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma_grid, borderType=cv2.BORDER_REFLECT)
    if factor > 1:
        smooth = cv2.resize(smooth, (grid[1] * factor, grid[0] * factor), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(smooth[factor : factor + shape[0], factor : factor + shape[1]], dtype)


class Textures:
    """The random fields of one simulated field, each drawn when it is first asked for.

    Parameters
    ----------
    shape
        Height and width in pixels.
    px_per_um
        Pixels in a micrometre.
    key
        Seed and number of the field.
    """

    def __init__(self, shape: tuple[int, int], px_per_um: float, key: tuple[int, int]) -> None:
        self._shape = shape
        self._px_per_um = px_per_um
        self._key = key
        self._drawn: dict[tuple[float, ...], NDArray[np.floating]] = {}

    def noise(self, scale: float, layer: int = 0) -> NDArray[np.floating]:
        """Return noise (H, W) of mean 0, variance 1 and correlation length ``scale`` µm, layer by layer."""
        if (scale, layer) not in self._drawn:
            random = random_stream(*self._key, Stream.TEXTURES, round(scale * 1000), layer)
            self._drawn[scale, layer] = smooth_noise(self._shape, scale * self._px_per_um, random)
        return self._drawn[scale, layer]

    def mesh(self, scale: float, layer: int = 0, sharpness: float = 2.0) -> NDArray[np.floating]:
        """Return a network (H, W) of bright ridges, 0..1, which lie about 4 ``scale`` µm apart.

        Half as bright beside a ridge is what lies about 0.7 ``scale / sharpness`` µm from it.
        """
        if (-scale, layer, sharpness) not in self._drawn:
            ridges = np.abs(self.noise(scale, layer))
            self._drawn[-scale, layer, sharpness] = np.exp(np.float32(-sharpness) * ridges)
        return self._drawn[-scale, layer, sharpness]
