"""The protein channel of the classes whose place is the nucleus."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.cell import Cell

Image = NDArray[np.floating]


def paint_nucleoplasm(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the nucleus but for its nucleoli."""
    grain = 0.8 + style.uniform(0.05, 0.12) * cell.noise(0.25, 20) + 0.06 * cell.noise(0.9, 21)
    return cell.nucleus * grain * (1.0 - style.uniform(0.6, 0.9) * cell.nucleoli) + 0.05 * cell.cytoplasm


def paint_nuclear_membrane(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint a thin rim around the nucleus, at times a fold across it."""
    width = style.uniform(0.17, 0.26)
    rim = np.exp(-((cell.nucleus_distance + 0.05) ** 2) / np.float32(2 * width**2))
    uneven = np.clip(0.9 + 0.12 * cell.noise(0.3, 22) + 0.12 * cell.noise(1.5, 23), 0.4, None)
    inside = cell.nucleus * style.uniform(0.08, 0.2) * (1.0 + 0.2 * cell.noise(0.3, 24))
    return (rim * uneven) * cell.mask + inside + 0.03 * cell.cytoplasm


def paint_nucleoli(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the nucleoli, over a weak nucleoplasm."""
    grain = 0.9 + 0.1 * cell.noise(0.2, 25)
    around = style.uniform(0.06, 0.22)
    return cell.nucleoli * grain + around * cell.nucleus * (1.0 - cell.nucleoli) + 0.03 * cell.cytoplasm


def paint_fibrillar_centers(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint a few small dots within each nucleolus."""
    dots = [
        (y + dy, x + dx)
        for y, x, radius in cell.nucleolus_places
        for dy, dx in random.normal(0.0, 0.45 * radius, (int(random.integers(3, 8)), 2))
    ]
    width = style.uniform(0.15, 0.22)
    spots = cell.canvas.draw_points(np.array(dots).reshape(-1, 2), random.uniform(0.6, 1.1, len(dots)), width)
    weak = style.uniform(0.04, 0.1) * cell.nucleus + 0.08 * cell.nucleoli + 0.03 * cell.cytoplasm
    return np.minimum(spots, 1.4) * cell.nucleus + weak


def paint_speckles(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint some twenty to fifty irregular blotches in the nucleus, none in the nucleoli."""
    threshold, around = style.uniform(1.15, 1.45), style.uniform(0.1, 0.25)
    blotches = np.clip((cell.noise(0.31, 26) - threshold) * 2.2, 0.0, 1.0)
    inner = np.clip(cell.nucleus_distance * np.float32(-2.0), 0.0, 1.0)
    return cell.nucleus * (1.0 - cell.nucleoli) * (blotches * inner + around) + 0.03 * cell.cytoplasm


def paint_nuclear_bodies(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint two to ten round dots in the nucleus."""
    typical, width = style.uniform(3.0, 7.0), style.uniform(0.2, 0.34)
    count = int(np.clip(random.poisson(typical), 2, 10))
    nucleus = cell.shape.nuclei[0]
    places = []
    for _ in range(20 * count):
        y, x = nucleus.point(random.uniform(0, 2 * np.pi), 0.85 * random.random() ** 0.5)
        in_nucleolus = any(
            np.hypot(y - ny, x - nx) < radius + 0.4 for ny, nx, radius in cell.nucleolus_places
        )
        apart = all(np.hypot(y - oy, x - ox) > 4 * width for oy, ox in places)
        if not in_nucleolus and apart and len(places) < count:
            places.append((y, x))
    dots = np.array(places).reshape(-1, 2)
    spots = cell.canvas.draw_points(dots, random.uniform(0.7, 1.1, len(dots)), width)
    return (
        np.minimum(1.5 * spots, 1.1) * cell.nucleus
        + style.uniform(0.05, 0.14) * cell.nucleus
        + 0.03 * cell.cytoplasm
    )
