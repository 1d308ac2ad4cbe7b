"""Dividing a field among its cells: each pixel goes to the cell that claims it most, if one reaches there."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data.simulate.drawing.textures import smooth_noise
from data.simulate.geometry.cell_lines import CellLine
from data.simulate.geometry.shapes import CellShape
from data.simulate.geometry.territory import GRID_UM, Territory

_RIM = 1.2
"""How far beyond its nucleus, in parts of the nucleus's radius, a cell never yields to a neighbour."""

_STEEPNESS = 4.0

_OUTSIDE = 9.0
_FRAME_PX = 2
"""Width of the frame of other pixels around a cell in its window, so that its edge is seen as one."""


@dataclass(frozen=True)
class Tessellation:
    """A field divided among its cells.

    Attributes
    ----------
    cells
        (H, W) int32: 0 = no cell, n = the n-th of the shapes given (from 1).
    nuclei
        (H, W) int32, likewise; a nucleus lies in its cell.
    windows
        Per shape the rows and columns of the field in which it lies, None for one out of sight.
    territories
        Per shape its ground on the coarse grid, also beyond the field's border.
    """

    cells: NDArray[np.int32]
    nuclei: NDArray[np.int32]
    windows: list[tuple[slice, slice] | None]
    territories: list[Territory]


@dataclass(frozen=True)
class _Claim:
    """A cell's claim: (h, w) levels of cell and nucleus, below 1 inside, in a box of the coarse grid."""

    row: int
    column: int
    cell: NDArray[np.float64]
    nucleus: NDArray[np.float64]

    @property
    def box(self) -> tuple[slice, slice]:
        height, width = self.cell.shape
        return slice(self.row, self.row + height), slice(self.column, self.column + width)


def divide_field(
    shapes: list[CellShape],
    shape: tuple[int, int],
    px_per_um: float,
    line: CellLine,
    random: np.random.Generator,
) -> Tessellation:
    """Divide a field of ``shape`` pixels among cells.

    Parameters
    ----------
    shapes
        The cells, in µm from the field's corner.
    shape
        Height and width of the field in pixels.
    px_per_um
        Pixels in a micrometre.
    line
        What the cells have in common.
    random
        Where the unevenness of the edges comes from.
    """
    reach = line.reach
    margin = 2 * reach + 2 * GRID_UM
    grid = tuple(int((size / px_per_um + 2 * margin) / GRID_UM) + 1 for size in shape)
    rows = np.arange(grid[0], dtype=np.float64)[:, None] * GRID_UM - margin
    columns = np.arange(grid[1], dtype=np.float64)[None, :] * GRID_UM - margin
    y = rows + _edge_noise((grid[0], grid[1]), line.raggedness, random)
    x = columns + _edge_noise((grid[0], grid[1]), line.raggedness, random)
    claims = [_claim(cell, y, x, rows, columns, margin, reach) for cell in shapes]
    owner = _settle(claims, (grid[0], grid[1]))
    territories: list[Territory] = []
    for number, claim in enumerate(claims, start=1):
        ground = _keep_ground_of_nucleus(owner[claim.box] == number, claim.nucleus < 1)
        claim.cell[~ground] = np.maximum(claim.cell[~ground], 1.0)
        origin = (claim.row * GRID_UM - margin, claim.column * GRID_UM - margin)
        territories.append(Territory(origin, ground, ground & (claim.nucleus < 1)))
    cells, nuclei, windows = _enlarge(claims, shape, px_per_um, margin)
    return Tessellation(cells, nuclei, windows, territories)


def _edge_noise(grid: tuple[int, int], raggedness: float, random: np.random.Generator) -> NDArray[np.float64]:
    wide = smooth_noise(grid, 3.2 / GRID_UM, random, np.float64)
    middling = smooth_noise(grid, 1.4 / GRID_UM, random, np.float64)
    fine = smooth_noise(grid, 0.7 / GRID_UM, random, np.float64)
    return raggedness * (0.75 * wide + 0.28 * middling + 0.2 * fine)


def _claim(
    cell: CellShape,
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    margin: float,
    reach: float,
) -> _Claim:
    first = [max(0, int((place + margin - reach) / GRID_UM)) for place in cell.centre]
    last = [int((place + margin + reach) / GRID_UM) + 2 for place in cell.centre]
    box = (slice(first[0], last[0]), slice(first[1], last[1]))
    body = (
        cell.body.level(rows[box[0]], columns[:, box[1]]) if cell.mitotic else cell.body.level(y[box], x[box])
    )
    nucleus = _nucleus_level(cell, rows[box[0]], columns[:, box[1]])
    return _Claim(first[0], first[1], np.minimum(body, _STEEPNESS * (nucleus - _RIM)), nucleus)


def _nucleus_level(
    cell: CellShape, rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the level of the nuclei; only near them, where it has a say, is it reckoned point by point."""
    level = np.full((rows.size, columns.size), _OUTSIDE)
    for part in cell.nuclei:
        far = 2.0 * part.radii.max()
        near = [
            slice(*np.searchsorted(line.ravel(), (place - far, place + far)).tolist())
            for line, place in zip((rows, columns), part.centre, strict=True)
        ]
        box = (near[0], near[1])
        level[box] = np.minimum(level[box], part.level(rows[box[0]], columns[:, box[1]]))
    return level


def _settle(claims: list[_Claim], grid: tuple[int, int]) -> NDArray[np.int32]:
    owner = np.zeros(grid, np.int32)
    best = np.ones(grid, np.float64)
    for number, claim in enumerate(claims, start=1):
        wins = claim.cell < best[claim.box]
        owner[claim.box][wins] = number
        best[claim.box][wins] = claim.cell[wins]
    return owner


def _keep_ground_of_nucleus(ground: NDArray[np.bool_], nucleus: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out islands that neighbours cut off from the part that holds the nucleus."""
    parts, labels = cv2.connectedComponents(ground.astype(np.uint8), connectivity=4)
    if parts <= 2:
        return ground
    sizes = np.bincount(labels[nucleus & ground], minlength=parts)
    sizes[0] = 0
    return ground & (labels == int(np.argmax(sizes)))


def _enlarge(
    claims: list[_Claim], shape: tuple[int, int], px_per_um: float, margin: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], list[tuple[slice, slice] | None]]:
    """Bring the claims from the coarse grid to the field's pixels and settle them there."""
    best = np.ones(shape, np.float64)
    cells = np.zeros(shape, np.int32)
    nuclei = np.zeros(shape, np.int32)
    windows = [_window(claim, shape, px_per_um, margin) for claim in claims]
    for number, (claim, window) in enumerate(zip(claims, windows, strict=True), start=1):
        if window is None:
            continue
        level = _sample(claim.cell, claim, window, px_per_um, margin)
        wins = level < best[window]
        cells[window][wins] = number
        best[window][wins] = level[wins]
    for number, (claim, window) in enumerate(zip(claims, windows, strict=True), start=1):
        if window is not None:
            inside = _sample(claim.nucleus, claim, window, px_per_um, margin) < 1
            nuclei[window][inside & (cells[window] == number)] = number
    return cells, nuclei, [_shrink(window, cells, number) for number, window in enumerate(windows, start=1)]


def _window(
    claim: _Claim, shape: tuple[int, int], px_per_um: float, margin: float
) -> tuple[slice, slice] | None:
    inside = claim.cell < 1
    sides = []
    for axis, first in enumerate((claim.row, claim.column)):
        used = np.flatnonzero(inside.any(axis=1 - axis))
        if used.size == 0:
            return None
        start = int(((used[0] - 1 + first) * GRID_UM - margin) * px_per_um)
        stop = int(((used[-1] + 2 + first) * GRID_UM - margin) * px_per_um) + 1
        sides.append(slice(max(0, start), min(shape[axis], stop)))
    if any(side.start >= side.stop for side in sides):
        return None
    return sides[0], sides[1]


def _sample(
    level: NDArray[np.float64], claim: _Claim, window: tuple[slice, slice], px_per_um: float, margin: float
) -> NDArray[np.float64]:
    """Interpolate between the points of the coarse grid, first along the columns, then along the rows."""
    padded = np.pad(level, 1, constant_values=_OUTSIDE)
    for axis, (side, first) in enumerate(zip(window, (claim.row, claim.column), strict=True)):
        pixels = np.arange(side.start, side.stop) + 0.5
        place = (pixels / px_per_um + margin) / GRID_UM - first + 1
        place = np.clip(place, 0.0, padded.shape[axis] - 1.001)
        before = place.astype(np.int64)
        part = place - before
        if axis == 0:
            part = part[:, None]
        padded = padded.take(before, axis) * (1 - part) + padded.take(before + 1, axis) * part
    return padded


def _shrink(
    window: tuple[slice, slice] | None, cells: NDArray[np.int32], number: int
) -> tuple[slice, slice] | None:
    """Clear specks that enlarging left, and shrink the window to what is there, and a frame."""
    if window is None:
        return None
    parts, labels, statistics, _ = cv2.connectedComponentsWithStats(
        (cells[window] == number).astype(np.uint8), connectivity=4
    )
    areas = statistics[1:, cv2.CC_STAT_AREA]
    if parts == 1:
        return None
    for part in np.flatnonzero(areas < 0.05 * areas.max()) + 1:
        cells[window][labels == part] = 0
    kept = statistics[1:][areas >= 0.05 * areas.max()]
    sides = []
    for side, size, first, length in zip(window, cells.shape, (1, 0), (3, 2), strict=True):
        start = side.start + int(kept[:, first].min())
        stop = side.start + int((kept[:, first] + kept[:, length]).max())
        sides.append(slice(max(0, start - _FRAME_PX), min(size, stop + _FRAME_PX)))
    return sides[0], sides[1]
