"""The protein channel of the classes whose place is the nucleus."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.patterns.cell import Cell

Image = NDArray[np.floating]


def paint_nucleoplasm(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the nucleus but for its nucleoli, more or less mottled, and what is left in the cytoplasm."""
    coarse, fine = style.uniform(0.03, 0.16), style.uniform(0.02, 0.14)
    excluded, outside = style.uniform(0.2, 0.95), style.uniform(0.0, 0.16)
    grain = 0.8 + coarse * cell.noise(0.55, 21) + fine * cell.noise(0.25, 20)
    nucleus = np.clip(grain, 0.2, None) * (1.0 - np.float32(excluded) * cell.nucleoli)
    return cell.nucleus * nucleus + outside * cell.cytoplasm * cell.thickness


def paint_nuclear_membrane(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint a thin rim around the nucleus, folds across it, and its top and bottom as a weak veil."""
    width, inside = style.uniform(0.17, 0.28), style.uniform(0.08, 0.3)
    folds = style.uniform(0.0, 0.5)
    rim = np.exp(-((cell.nucleus_distance + 0.05) ** 2) / np.float32(2 * width**2))
    uneven = np.clip(0.9 + 0.15 * cell.noise(0.3, 22) + 0.15 * cell.noise(1.5, 23), 0.3, None)
    creases = np.clip(cell.mesh(1.8, 22) - 0.8, 0.0, 1.0) * np.clip(cell.noise(2.5, 24), 0.0, 1.5)
    veil = inside * (1.0 + 0.25 * cell.noise(0.3, 24)) + folds * 3.0 * creases
    return (rim * uneven) * cell.mask + cell.nucleus * veil + 0.03 * cell.cytoplasm


def paint_nucleoli(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the nucleoli, even or brighter at their rim, over a weak nucleoplasm."""
    hollow = style.choice([0.0, 0.45], p=[0.8, 0.2])
    around = style.uniform(0.02, 0.25)
    grain = np.clip(0.9 + 0.16 * cell.noise(0.2, 25), 0.2, None)
    middle = np.clip(cell.nucleoli - 0.6, 0.0, 0.4) * np.float32(2.5 * hollow)
    nucleoplasm = around * (1.0 + 0.25 * cell.noise(0.4, 26)) * (1.0 - cell.nucleoli)
    return cell.nucleoli * grain * (1.0 - middle) + cell.nucleus * nucleoplasm + 0.02 * cell.cytoplasm


def paint_fibrillar_centers(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint a few small dots within each nucleolus, over a weak nucleolus and nucleoplasm."""
    dots = [
        (y + dy, x + dx)
        for y, x, radius in cell.nucleolus_places
        for dy, dx in random.normal(0.0, 0.45 * radius, (int(random.integers(2, 8)), 2))
    ]
    width, weak = style.uniform(0.13, 0.24), style.uniform(0.02, 0.16)
    spots = cell.canvas.draw_points(np.array(dots).reshape(-1, 2), random.uniform(0.5, 1.1, len(dots)), width)
    around = (
        weak * (1.0 + 0.2 * cell.noise(0.4, 27)) * cell.nucleus + style.uniform(0.03, 0.2) * cell.nucleoli
    )
    return np.minimum(spots, 1.4) * cell.nucleus + around + 0.02 * cell.cytoplasm


def paint_speckles(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint some twenty to fifty irregular blotches in the nucleus, none in the nucleoli."""
    threshold, around = style.uniform(1.05, 1.5), style.uniform(0.08, 0.35)
    blotches = np.clip((cell.noise(0.31, 26) - threshold) * 2.2, 0.0, 1.0)
    inner = np.clip(cell.nucleus_distance * np.float32(-2.0), 0.0, 1.0)
    grain = np.clip(1.0 + 0.2 * cell.noise(0.3, 28), 0.3, None)
    nucleus = blotches * inner + np.float32(around) * grain
    return cell.nucleus * (1.0 - 0.9 * cell.nucleoli) * nucleus + 0.02 * cell.cytoplasm


def paint_nuclear_bodies(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint two to ten round dots in the nucleus."""
    typical, width, around = style.uniform(3.0, 7.0), style.uniform(0.18, 0.36), style.uniform(0.03, 0.25)
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
    spots = cell.canvas.draw_points(dots, random.uniform(0.6, 1.1, len(dots)), width)
    weak = around * np.clip(1.0 + 0.25 * cell.noise(0.35, 29), 0.2, None) * (1.0 - 0.5 * cell.nucleoli)
    return (np.minimum(1.5 * spots, 1.1) + weak) * cell.nucleus + 0.02 * cell.cytoplasm
