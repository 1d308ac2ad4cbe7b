"""Outlines of cells and nuclei in polar form, and how they are drawn for a cell line."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.simulate.geometry.cell_lines import CellLine

_ANGLES = 512
_NEIGHBOUR_UM = 40.0


@dataclass(frozen=True)
class PolarShape:
    """A star-shaped outline: its radius in every direction from a centre; lengths in µm.

    Attributes
    ----------
    centre
        y and x.
    radii
        Radius at 512 evenly spaced angles, the first along +x, turning towards +y.
    """

    centre: tuple[float, float]
    radii: NDArray[np.float64]

    @cached_property
    def area(self) -> float:
        """Area inside the outline in µm²."""
        return float(np.mean(self.radii**2) * np.pi)

    def radius(self, angle: NDArray[np.floating] | float) -> NDArray[np.float64]:
        """Return the radius in each direction ``angle`` (radians)."""
        places = np.asarray(np.asarray(angle) * (_ANGLES / (2 * np.pi)) + 0.5, dtype=np.int64)
        return self.radii[places % _ANGLES]

    def level(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the distance of points y, x from the centre over that of the outline: below 1 is inside."""
        dy, dx = y - self.centre[0], x - self.centre[1]
        angle = np.arctan2(dy, dx) + 4 * np.pi
        return np.sqrt(dy * dy + dx * dx) / self.radius(angle)

    def point(self, angle: float, level: float) -> tuple[float, float]:
        """Return the point y, x in direction ``angle`` at ``level`` times the outline's distance."""
        distance = level * float(self.radius(angle))
        return self.centre[0] + distance * np.sin(angle), self.centre[1] + distance * np.cos(angle)


@dataclass(frozen=True)
class CellShape:
    """A cell before it is laid among its neighbours; lengths in µm.

    Attributes
    ----------
    body
        Where the cell would reach if it were alone.
    nuclei
        Its nucleus; the chromosomes of a dividing cell, which can be two masses.
    axis
        Direction of the long axis; of the spindle in a dividing cell (radians).
    mitotic
        Whether it divides.
    """

    body: PolarShape
    nuclei: tuple[PolarShape, ...]
    axis: float
    mitotic: bool

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the nucleus, or of the chromosomes: y and x."""
        ys, xs = zip(*(nucleus.centre for nucleus in self.nuclei), strict=True)
        return sum(ys) / len(ys), sum(xs) / len(xs)

    @property
    def core(self) -> PolarShape:
        """What it never yields to a neighbour: the nucleus, or all of a dividing cell."""
        return self.body if self.mitotic else self.nuclei[0]

    @property
    def slenderness(self) -> float:
        """How far the cell's length exceeds its width: 0 for as long as wide, towards 1 for a thread."""
        length = float(self.body.radius(self.axis) + self.body.radius(self.axis + np.pi))
        width = float(self.body.radius(self.axis + np.pi / 2) + self.body.radius(self.axis - np.pi / 2))
        return max(0.0, 1.0 - width / length)

    def scale_core(self, factor: float) -> "CellShape":
        """Make the same cell with a smaller core."""
        nuclei = tuple(PolarShape(nucleus.centre, nucleus.radii * factor) for nucleus in self.nuclei)
        body = PolarShape(self.body.centre, self.body.radii * factor) if self.mitotic else self.body
        return CellShape(body, nuclei, self.axis, self.mitotic)


def ellipse(
    centre: tuple[float, float],
    radius: float,
    elongation: float,
    axis: float,
    unevenness: NDArray[np.float64] | float = 0.0,
    pointedness: float = 0.0,
) -> PolarShape:
    """Make an ellipse as large as a circle of ``radius``, moved by ``unevenness`` parts of its radius.

    ``pointedness`` leads from the ellipse (0) to a rhombus (1).
    """
    angle = np.arange(_ANGLES) * (2 * np.pi / _ANGLES) - axis
    power = 2.0 - pointedness
    along = np.abs(np.cos(angle) / elongation**0.5) ** power
    across = np.abs(np.sin(angle) * elongation**0.5) ** power
    outline = (along + across) ** (-1.0 / power)
    return PolarShape(centre, radius * outline / np.mean(outline**2) ** 0.5 * (1.0 + unevenness))


def make_room(cells: list[CellShape]) -> list[CellShape]:
    """Shrink nuclei, and dividing cells, that would touch those of a neighbour."""
    made = []
    centres = np.array([cell.centre for cell in cells])
    for number, cell in enumerate(cells):
        offsets = centres - centres[number]
        distances = np.hypot(offsets[:, 0], offsets[:, 1])
        factor = 1.0
        for other in np.flatnonzero((distances > 0) & (distances < _NEIGHBOUR_UM)).tolist():
            angle = float(np.arctan2(*offsets[other]))
            reach = float(cell.core.radius(angle) + cells[other].core.radius(angle + np.pi))
            factor = min(factor, 0.9 * float(distances[other]) / reach)
        made.append(cell.scale_core(factor) if factor < 1 else cell)
    return made


def draw_resting_cell(
    centre: tuple[float, float], axis: float, line: CellLine, random: np.random.Generator
) -> CellShape:
    """Draw a cell in interphase whose nucleus lies at ``centre``."""
    radius = random.uniform(*line.radius)
    elongation = random.uniform(*line.elongation)
    shift = random.normal(0.0, 0.12, 2) * radius
    body_centre = (centre[0] + shift[0], centre[1] + shift[1])
    unevenness = _waves(random, 0.12) + _protrusions(line, axis, random)
    body = ellipse(body_centre, radius, elongation, axis, unevenness, random.uniform(*line.pointedness))
    nucleus_axis = axis + random.normal(0.0, 0.25)
    lobed = line.lobes * (2.5 if random.random() < 0.2 else 1.0)
    nucleus = ellipse(
        centre,
        random.uniform(*line.nucleus_radius),
        random.uniform(*line.nucleus_elongation),
        nucleus_axis,
        _waves(random, lobed, last=5),
    )
    return CellShape(body, (nucleus,), axis, mitotic=False)


def draw_mitotic_cell(
    centre: tuple[float, float], axis: float, line: CellLine, random: np.random.Generator
) -> CellShape:
    """Draw a dividing cell: rounded, its chromosomes a plate across the axis, or two plates drawing apart."""
    radius = random.uniform(1.35, 1.55) * float(np.mean(line.nucleus_radius))
    apart = random.random() < 0.3
    body = ellipse(centre, radius, 1.25 if apart else 1.05, axis, _waves(random, 0.03))
    half_gap = 0.36 * radius if apart else 0.0
    plates = tuple(
        ellipse(
            (centre[0] + side * half_gap * np.sin(axis), centre[1] + side * half_gap * np.cos(axis)),
            radius * random.uniform(0.3, 0.36) * (0.85 if apart else 1.0),
            random.uniform(2.6, 3.6),
            axis + np.pi / 2,
            _waves(random, 0.08, first=3, last=12),
        )
        for side in ((-1, 1) if apart else (0,))
    )
    return CellShape(body, plates, axis, mitotic=True)


def _waves(
    random: np.random.Generator, amplitude: float, first: int = 2, last: int = 6
) -> NDArray[np.float64]:
    orders = np.arange(first, last + 1)
    angle = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    sizes = random.normal(0.0, amplitude, orders.size) * (first / orders) ** 1.5
    phases = random.uniform(0.0, 2 * np.pi, orders.size)
    return np.clip(np.cos(np.outer(angle, orders) + phases) @ sizes, -0.45, 0.6)


def _protrusions(line: CellLine, axis: float, random: np.random.Generator) -> NDArray[np.float64]:
    angle = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    count = int(random.integers(line.protrusions[0], line.protrusions[1] + 1))
    along = random.normal(0.0, 0.5, count) + np.pi * random.integers(0, 2, count)
    anywhere = random.uniform(0.0, 2 * np.pi, count)
    directions = axis + np.where(random.random(count) < line.elongation[1] / 6.0, along, anywhere)
    lengths = random.uniform(*line.protrusion_length, count)
    sharpness = np.exp(random.uniform(np.log(6.0), np.log(90.0), count))
    return np.exp(sharpness * (np.cos(angle[:, None] - directions) - 1.0)) @ lengths
