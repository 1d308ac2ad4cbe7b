"""The protein channel of the plasma membrane: the cell's edge, its ruffles, and the surface seen face on."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.patterns.cell import Cell

Image = NDArray[np.floating]


def paint_plasma_membrane(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the plasma membrane.

    Where cells stand upright side by side the edge is a bright line and little lies between; where they are
    flat, the membrane above and below gives a veil that reaches to the very edge and does not thin out with
    the cell, and the edge shows as ruffles and folds, or not at all. An antibody lies anywhere between these.
    """
    upright = style.beta(0.7, 1.3)
    line = style.uniform(0.0, 0.45) + 0.85 * upright
    veil = 0.06 + 0.55 * (1.0 - upright) * style.uniform(0.6, 1.1)
    over_nucleus = style.uniform(0.45, 1.0)
    return (
        line * _paint_edge(cell, style)
        + style.uniform(0.3, 1.0) * _paint_ruffles(cell, style, random)
        + np.float32(veil) * _paint_surface(cell, style, over_nucleus)
    )


def _paint_edge(cell: Cell, style: np.random.Generator) -> Image:
    width, patchy = style.uniform(0.2, 0.38), style.uniform(0.15, 0.6)
    edge = np.exp(-((cell.edge_distance - 0.25) ** 2) / np.float32(2 * width**2)) * cell.mask
    uneven = 0.85 + patchy * cell.noise(2.2, 31) + 0.25 * cell.noise(0.45, 32)
    return edge * np.clip(uneven, 0.1, 1.8)


def _paint_ruffles(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint folds, dots and tufts: most near the edge, on one side of the cell more than on the other."""
    reach, spots = style.uniform(1.5, 5.0), style.uniform(0.2, 0.7)
    near_edge = np.exp(cell.edge_distance * np.float32(-1.0 / reach))
    patches = np.clip(0.4 + cell.noise(4.0, 33), 0.0, 2.0)
    folds = np.clip(cell.mesh(1.4, 34) - 0.72, 0.0, 1.0) * np.float32(3.0)
    tufts = np.clip(cell.noise(0.35, 35) - 1.2, 0.0, 1.0) * np.float32(spots)
    return cell.mask * near_edge * patches * (folds + tufts) * np.float32(random.uniform(0.5, 1.3))


def _paint_surface(cell: Cell, style: np.random.Generator, over_nucleus: float) -> Image:
    grain = (
        1.0
        + style.uniform(0.05, 0.3) * cell.noise(0.3, 36)
        + style.uniform(0.05, 0.25) * cell.noise(0.7, 43)
        + style.uniform(0.05, 0.25) * cell.noise(1.5, 37)
    )
    level = cell.cytoplasm + np.float32(over_nucleus) * cell.nucleus
    return level * np.clip(grain, 0.1, None) * np.minimum(cell.edge_distance * np.float32(4.0), 1.0)
