"""Texture of each stain of a cell: Haralick's statistics of its grey-level co-occurrence matrix."""

import numpy as np
from numpy.typing import NDArray
from skimage.feature import graycomatrix, graycoprops

from data.channels import CHANNELS

DISTANCE_PX = 3
"""Distance of the two pixels of a pair, in the tile; CellProfiler's default."""

LEVELS = 32
"""Grey levels of the matrix."""

_ANGLES = (0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
_STATISTICS = {
    "contrast": "contrast",
    "homogeneity": "homogeneity",
    "energy": "energy",
    "texture correlation": "correlation",
}


def measure_texture(tile: NDArray[np.uint8], cell: NDArray[np.bool_]) -> dict[str, float]:
    """Measure the texture of each channel, of pairs of pixels that both lie in the cell.

    Haralick, Shanmugam and Dinstein (1973), the pairs of all four directions in one symmetric matrix of 32
    grey levels. Tiles are scaled to one size, and so the distance is a part of the cell, not of a micrometre.

    Parameters
    ----------
    tile
        (4, S, S) R G B Y.
    cell
        (S, S) mask.

    Returns
    -------
    dict
        Contrast, homogeneity, energy and correlation of each channel, as scikit-image's ``graycoprops``
        defines them; NaN where no two pixels lie so far apart.
    """
    measured = {}
    for channel, plane in zip(CHANNELS, tile, strict=True):
        # Level 0 is what lies outside the cell; its pairs are left out.
        levels = np.where(cell, plane // (256 // LEVELS) + 1, 0).astype(np.uint8)
        matrix = graycomatrix(levels, [DISTANCE_PX], _ANGLES, levels=LEVELS + 1, symmetric=True)
        pairs = matrix[1:, 1:].sum(axis=3, keepdims=True)
        for name, statistic in _STATISTICS.items():
            value = float(graycoprops(pairs, statistic)[0, 0]) if pairs.any() else np.nan
            measured[f"{name} {channel}"] = value
    return measured
