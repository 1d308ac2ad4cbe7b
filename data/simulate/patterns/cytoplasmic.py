"""The protein channel of the classes whose place is the cytoplasm."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.geometry.territory import GRID_UM
from data.simulate.patterns.cell import Cell
from data.simulate.patterns.filaments import grow_filaments, trace

Image = NDArray[np.floating]


def paint_golgi(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint curled ribbons and stacks heaped on one side of the nucleus."""
    nucleus = cell.shape.nuclei[0]
    spread = style.uniform(0.25, 0.75) * random.uniform(0.7, 1.3)
    far, weak = style.uniform(0.5, 1.0), style.uniform(0.01, 0.1)
    count = int(random.integers(20, 52))
    angles = cell.polarity + np.clip(random.normal(0.0, spread, count), -2 * spread, 2 * spread)
    out = float(np.mean(nucleus.radii)) * 0.05 + far * random.gamma(1.8, 0.8, count) + 0.4
    radii = nucleus.radius(angles) + out
    starts = np.stack(
        [nucleus.centre[0] + radii * np.sin(angles), nucleus.centre[1] + radii * np.cos(angles)], 1
    )
    headings = angles + np.pi / 2 + random.normal(0.0, 0.5, count) + np.pi * random.integers(0, 2, count)
    room = cell.territory.cytoplasm_room
    points, alive = grow_filaments(cell.territory, room, starts, headings, steps=6, wander=0.4, random=random)
    ends = random.integers(1, 7, count)[:, None]
    alive &= (np.arange(7) <= ends) & (cell.territory.look_up(room, points[:, :1]) > 0)
    dense, weights = trace(points, alive * random.uniform(0.4, 1.0, count)[:, None], cell.px_per_um)
    ribbons = cell.canvas.draw_points(dense, weights, style.uniform(0.13, 0.24), curves=True)
    return np.minimum(ribbons, 1.5) * cell.mask * 0.9 + weak * cell.cytoplasm * cell.thickness


def paint_mitochondria(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint threads and grains in the cytoplasm, heaped around the nucleus, often on one side of it."""
    territory = cell.territory
    steps, width = int(style.integers(1, 12)), style.uniform(0.09, 0.19)
    reach, heaped, weak = style.uniform(2.5, 9.0), style.uniform(0.0, 1.6), style.uniform(0.02, 0.25)
    density, in_nucleus = style.uniform(0.9, 2.4), style.uniform(0.0, 0.9)
    room = territory.cytoplasm_room
    weights = np.exp(-territory.nucleus_distance / reach) * (room > 0.25)
    rows, columns = np.indices(weights.shape)
    toward = np.arctan2(
        rows * GRID_UM + territory.origin[0] - cell.shape.centre[0],
        columns * GRID_UM + territory.origin[1] - cell.shape.centre[1],
    )
    weights = weights * np.exp(heaped * np.cos(toward - cell.polarity))
    count = int(0.1 * np.count_nonzero(room > 0.25) * 3.0 * density / (steps + 2))
    starts = territory.sample(weights, min(count, 600), random)
    outward = np.arctan2(starts[:, 0] - cell.shape.centre[0], starts[:, 1] - cell.shape.centre[1])
    headings = outward + random.normal(0.0, 0.9, len(starts)) + np.pi * random.integers(0, 2, len(starts))
    points, alive = grow_filaments(territory, room, starts, headings, steps, wander=0.3, random=random)
    alive &= np.arange(steps + 1) <= random.integers(1, steps + 1, len(starts))[:, None]
    brightness = random.uniform(0.4, 1.1, len(starts))[:, None]
    dense, strengths = trace(points, alive * brightness, cell.px_per_um)
    threads = cell.canvas.draw_points(dense, strengths, width, curves=True)
    around = weak * cell.thickness * (cell.cytoplasm + np.float32(in_nucleus) * cell.nucleus)
    return np.minimum(threads, 1.3) * cell.cytoplasm + around


def paint_aggresome(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint one large lumpy blob beside the nucleus, over a weak cytosol."""
    radius = style.uniform(1.0, 2.1) * random.uniform(0.75, 1.25)
    around = style.uniform(0.04, 0.2)
    nucleus = cell.shape.nuclei[0]
    beside = float(nucleus.radius(cell.polarity)) + 0.8 * radius
    place = nucleus.point(cell.polarity, beside / float(nucleus.radius(cell.polarity)))
    depth = radius - cell.canvas.distance_from(place) + 0.3 * cell.noise(0.6, 35)
    blob = np.clip(depth / np.float32(0.6), 0.0, 1.0) * np.clip(0.95 + 0.16 * cell.noise(0.3, 36), 0.3, None)
    return blob * cell.mask + around * cell.cytoplasm * cell.thickness


def paint_cytosol(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the whole cytoplasm but for organelles and at times holes; the nucleus darker or as bright.

    What an antibody finds of a protein there is mottled, and follows the height of the cell more or less.
    """
    in_nucleus = 0.1 + 0.85 * style.beta(1.3, 2.2)
    fine, mottled, coarse = style.uniform(0.05, 0.2), style.uniform(0.05, 0.28), style.uniform(0.05, 0.2)
    excluded, holes = style.uniform(0.1, 0.75), style.choice([0.0, 0.85], p=[0.45, 0.55])
    hole_um = style.choice([0.3, 0.6, 0.9])
    follows = np.float32(style.uniform(0.3, 1.0))
    grain = 0.75 + fine * cell.noise(0.2, 37) + mottled * cell.noise(0.55, 42) + coarse * cell.noise(1.6, 38)
    gaps = np.clip((cell.noise(hole_um, 39) - 1.6) * 3.0, 0.0, 1.0) * np.float32(holes)
    organelles = np.clip(0.3 + 0.5 * cell.noise(0.4, 41), 0.0, 1.0) * np.float32(excluded)
    cytoplasm = cell.cytoplasm * cell.thickness**follows * np.clip(grain, 0.1, None)
    cytoplasm = cytoplasm * (1.0 - gaps) * (1.0 - organelles)
    texture = (1.0 - 0.4 * cell.nucleoli) * (1.0 + 0.12 * cell.noise(0.3, 40))
    return cytoplasm + np.float32(0.7 * in_nucleus) * texture * cell.nucleus


def paint_vesicles(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint many small dots of unequal size in the cytoplasm."""
    territory = cell.territory
    per_um2, width = float(np.exp(style.uniform(np.log(0.07), np.log(0.45)))), style.uniform(0.12, 0.24)
    reach, weak = style.uniform(3.0, 14.0), style.uniform(0.01, 0.1)
    room = territory.cytoplasm_room
    weights = (np.exp(-territory.nucleus_distance / reach) + 0.12) * (room > 0.3)
    count = max(12, int(0.1 * np.count_nonzero(room > 0.3) * per_um2))
    image = weak * cell.cytoplasm * cell.thickness
    for part, factor in ((0.7, 1.0), (0.22, 1.5), (0.08, 2.2)):
        places = territory.sample(weights, max(2, int(part * count)), random)
        brightness = random.uniform(0.4, 1.1, len(places))
        image += np.minimum(cell.canvas.draw_points(places, brightness, factor * width), 1.3) * cell.cytoplasm
    return image
