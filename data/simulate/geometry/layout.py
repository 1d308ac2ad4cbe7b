"""Where the cells of a field lie, also those beyond its border that reach into it."""

import numpy as np

from data.simulate.drawing.textures import smooth_noise
from data.simulate.geometry.cell_lines import CellLine
from data.simulate.geometry.shapes import CellShape, draw_mitotic_cell, draw_resting_cell, make_room

_THROWS_PER_CELL = 40
_GAP_GRID_UM = 2.0


def lay_out_cells(
    extent: tuple[float, float],
    line: CellLine,
    mitotic_fraction: float,
    random: np.random.Generator,
    *,
    divides: bool,
) -> list[CellShape]:
    """Draw the cells that lie in or near a field.

    Parameters
    ----------
    extent
        Height and width of the field in µm; its corner is (0, 0).
    line
        What cells to draw.
    mitotic_fraction
        Part of the cells that divide.
    random
        Where the draws come from.
    divides
        Whether at least one cell in the field does.

    Returns
    -------
    list of CellShape
        The first has its nucleus near the middle of the field.
    """
    direction = random.uniform(0.0, np.pi)
    centres = _throw_centres(extent, line, direction, random)
    inside = np.all((centres >= 0) & (centres < extent), axis=1)
    mitotic = random.random(len(centres)) < mitotic_fraction
    if divides and not np.any(mitotic & inside):
        mitotic[0] = True
    cells = []
    for (y, x), divides in zip(centres.tolist(), mitotic, strict=True):
        axis = direction + random.normal(0.0, line.alignment)
        if divides:
            cells.append(draw_mitotic_cell((y, x), random.uniform(0, np.pi), line, random))
        else:
            cells.append(draw_resting_cell((y, x), axis, line, random))
    return make_room(cells)


def _throw_centres(
    extent: tuple[float, float], line: CellLine, direction: float, random: np.random.Generator
) -> np.ndarray:
    """Throw points at random, refusing those too near another (dart throwing) or in a gap."""
    margin = line.reach
    size = np.array(extent) + 2 * margin
    stretch = 0.5 * (1 + line.elongation[1]) if line.alignment < 1 else 1.0
    along = np.array([np.sin(direction), np.cos(direction)])
    squeeze = np.eye(2) - (1 - 1 / stretch) * np.outer(along, along)
    room = smooth_noise(
        (int(size[0] / _GAP_GRID_UM) + 2, int(size[1] / _GAP_GRID_UM) + 2),
        0.8 * line.spacing / _GAP_GRID_UM,
        random,
        np.float64,
    )
    room_needed = np.quantile(room, line.open_space)
    middle = np.array(extent) * random.uniform(0.45, 0.55, 2)
    throws = int(_THROWS_PER_CELL * size.prod() / (line.spacing**2 * stretch)) + _THROWS_PER_CELL
    thrown = random.random((throws, 2)) * size - margin
    row, column = ((thrown + margin) / _GAP_GRID_UM).astype(int).T
    kept = np.vstack([middle, thrown[room[row, column] >= room_needed]])
    places = kept @ squeeze.T
    count = 1
    for point, place in zip(kept[1:], places[1:], strict=True):
        if np.min(np.sum((places[:count] - place) ** 2, axis=1)) >= line.spacing**2:
            kept[count], places[count] = point, place
            count += 1
    return kept[:count]
