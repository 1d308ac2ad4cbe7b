"""The spindle of a dividing cell."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.cell import Cell
from data.simulate.filaments import trace


def draw_spindle(cell: Cell, random: np.random.Generator) -> NDArray[np.float32]:
    """Draw the spindle (h, w), 0..about 1: fibres that bulge from pole to pole, short ones around the poles."""
    first, second = np.array(cell.poles[0]), np.array(cell.poles[1])
    along = second - first
    length = float(np.hypot(*along))
    across = np.array([along[1], -along[0]]) / length
    fraction = np.linspace(0.02, 0.98, 24)
    spread = random.uniform(-1.0, 1.0, 46) * 0.42 * length
    bulge = np.sin(np.pi * fraction) ** 0.7
    points = first + fraction[:, None] * along + (spread[:, None] * bulge)[..., None] * across
    dense, weights = trace(points, np.full(points.shape[:2], 0.5), cell.px_per_um)
    image = cell.canvas.draw_points(dense, weights, 0.13, curves=True)
    angles = random.uniform(0, 2 * np.pi, 44)
    rays = np.stack([np.sin(angles), np.cos(angles)], axis=1)[:, None] * np.linspace(0, 1, 8)[:, None]
    rays = rays * random.uniform(0.8, 2.4, 44)[:, None, None]
    for pole in (first, second):
        dense, weights = trace(pole + rays, np.full(rays.shape[:2], 0.3), cell.px_per_um)
        image += cell.canvas.draw_points(dense, weights, 0.13, curves=True)
        image += cell.canvas.draw_points(pole[None], np.full(1, 0.5), 0.45)
    return np.minimum(image, 1.6) * cell.mask * np.float32(0.75)


def fill_body(cell: Cell) -> NDArray[np.float32]:
    """Give the even, slightly grainy content (h, w) of a rounded cell, about 1, less at the chromosomes."""
    grain = 1.0 + 0.1 * cell.noise(0.2, 5) + 0.08 * cell.noise(0.8, 6)
    return cell.mask * cell.thickness * grain * (1.0 - 0.5 * cell.nucleus)
