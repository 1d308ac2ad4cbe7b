"""The spindle of a dividing cell."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.patterns.cell import Cell
from data.simulate.patterns.filaments import trace

_FIBRES = 90
_RAYS = 60


def draw_spindle(cell: Cell, random: np.random.Generator) -> NDArray[np.floating]:
    """Draw the spindle (h, w), 0..about 1: fibres from each pole to the chromosomes, and asters at the poles.

    Most fibres of a half-spindle end at the plate; some reach over it to the other half.
    """
    first, second = np.array(cell.poles[0]), np.array(cell.poles[1])
    image = np.zeros(cell.mask.shape, np.float32)
    for pole, direction in ((first, second - first), (second, first - second)):
        image += _draw_half(cell, pole, direction, random)
    return np.tanh(image * np.float32(0.6)) * cell.mask * np.float32(1.1)


def _draw_half(
    cell: Cell, pole: NDArray[np.float64], direction: NDArray[np.float64], random: np.random.Generator
) -> NDArray[np.floating]:
    length = float(np.hypot(*direction))
    across = np.array([direction[1], -direction[0]]) / length
    ends = np.where(
        random.random(_FIBRES) < 0.8, random.normal(0.42, 0.04, _FIBRES), random.uniform(0.3, 0.85, _FIBRES)
    )
    fraction = np.linspace(0.0, 1.0, 20) * ends[:, None]
    spread = np.clip(random.normal(0.0, 0.19, _FIBRES), -0.45, 0.45) * length
    bulge = np.sin(np.pi * fraction) ** 0.8
    fibres = pole + fraction[..., None] * direction + (spread[:, None] * bulge)[..., None] * across
    angles = random.uniform(0, 2 * np.pi, _RAYS)
    rays = np.stack([np.sin(angles), np.cos(angles)], axis=1)[:, None] * np.linspace(0, 1, 8)[:, None]
    rays = pole + rays * random.gamma(2.0, 0.7, _RAYS)[:, None, None]
    image = cell.canvas.draw_points(pole[None], np.full(1, 0.35), 0.4)
    for curves, brightness in ((fibres, random.uniform(0.1, 0.5, _FIBRES)), (rays, np.full(_RAYS, 0.13))):
        spread_over = np.broadcast_to(brightness[:, None], curves.shape[:2])
        dense, weights = trace(curves, spread_over, cell.px_per_um)
        image += cell.canvas.draw_points(dense, weights, 0.11, curves=True)
    return image


def fill_body(cell: Cell) -> NDArray[np.floating]:
    """Return the even, slightly grainy content (h, w) of a rounded cell, about 1, less at the chromosomes."""
    grain = 1.0 + 0.1 * cell.noise(0.2, 5) + 0.08 * cell.noise(0.8, 6)
    return cell.mask * cell.thickness * grain * (1.0 - 0.5 * cell.nucleus)
