"""Curves through a cell: filaments that wander, bend along its edge and end where they would leave it."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.geometry.territory import GRID_UM, Territory

STEP_UM = 0.5
"""Length of one step of a growing filament."""

_TURNING_ROOM_UM = 1.6


def grow_filaments(
    territory: Territory,
    room: NDArray[np.floating],
    starts: NDArray[np.float64],
    headings: NDArray[np.float64],
    steps: int,
    *,
    wander: float,
    waves: float = 0.0,
    random: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Grow filaments step by step; where room gets scarce they turn along the edge.

    Parameters
    ----------
    territory
        The cell's ground.
    room
        (h, w) distance to whatever they may not cross in µm, 0 beyond it.
    starts, headings
        (n, 2) places y, x in µm and (n,) directions in radians.
    steps
        How many steps of 0.5 µm the longest takes.
    wander
        Spread of the change of direction per step, in radians.
    waves
        Amplitude of a regular waviness, in radians.
    random
        Where the wandering comes from.

    Returns
    -------
    points
        (n, steps + 1, 2) float64.
    alive
        (n, steps + 1) bool: False once a filament has run out of room.
    """
    count = len(starts)
    slope = np.gradient(room, GRID_UM)
    ground = np.stack([room, slope[0], slope[1]], axis=-1).reshape(-1, 3)
    points = np.empty((count, steps + 1, 2))
    alive = np.ones((count, steps + 1), bool)
    points[:, 0] = starts
    direction = np.stack([np.sin(headings), np.cos(headings)], axis=1)
    turns = _draw_turns(steps, count, wander, waves, random)
    cosines, sines = np.cos(turns)[..., None], np.sin(turns)[..., None] * [1.0, -1.0]
    here = ground[territory.nearest(starts)]
    for step in range(steps):
        scarcity = np.minimum(np.maximum(1.0 - here[:, :1] / _TURNING_ROOM_UM, 0.0), 1.0)
        inwards = here[:, 1:]
        direction = direction * cosines[step] + direction[:, ::-1] * sines[step]
        outward = np.minimum(np.sum(direction * inwards, axis=1, keepdims=True), 0.0)
        direction += scarcity * (0.15 - outward) * inwards
        direction /= np.sqrt(np.sum(direction**2, axis=1, keepdims=True)) + 1e-9
        points[:, step + 1] = points[:, step] + STEP_UM * direction
        here = ground[territory.nearest(points[:, step + 1])]
        alive[:, step + 1] = alive[:, step] & (here[:, 0] > 0)
    return points, alive


def _draw_turns(
    steps: int, count: int, wander: float, waves: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Draw the change of direction (steps, count): at random, steadily one way, and in waves."""
    turns = random.normal(0.0, wander, (steps, count)) + random.normal(0.0, 0.35 * wander, count)
    phases = random.uniform(0.0, 2 * np.pi, count)
    rates = random.uniform(0.5, 1.1, count)
    return turns + waves * np.cos(phases + rates * np.arange(steps)[:, None])


def trace(
    points: NDArray[np.float64], weights: NDArray[np.floating], px_per_um: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fill polylines (n, steps, 2) and their weights (n, steps) with points about a pixel apart.

    Drawn by ``Canvas.draw_points`` with ``curves``, the weights returned make a line as bright as its weight.
    """
    if points.size == 0:
        return np.empty((0, 2)), np.empty(0)
    lengths = np.hypot(*np.moveaxis(points[:, 1:] - points[:, :-1], -1, 0)) * px_per_um
    parts = max(1, round(float(lengths.max())))
    fraction = (np.arange(parts) / parts)[:, None]
    dense = points[:, :-1, None] * (1 - fraction) + points[:, 1:, None] * fraction
    share = np.minimum(weights[:, :-1], weights[:, 1:]) * lengths / parts
    return dense, np.broadcast_to(share[..., None], dense.shape[:-1])
