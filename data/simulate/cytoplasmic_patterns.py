"""The protein channel of the classes whose place is the cytoplasm or the cell's edge."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.cell import Cell
from data.simulate.filaments import grow_filaments, trace

Image = NDArray[np.floating]


def paint_reticulum(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the endoplasmic reticulum as the yellow stain shows it, with grain of its own."""
    return cell.reticulum * np.clip(1.0 + 0.15 * cell.noise(0.16, 30), 0.3, None)


def paint_golgi(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint curled ribbons and stacks heaped on one side of the nucleus."""
    nucleus = cell.shape.nuclei[0]
    spread = style.uniform(0.3, 0.6) * random.uniform(0.8, 1.2)
    count = int(random.integers(22, 46))
    angles = cell.polarity + np.clip(random.normal(0.0, spread, count), -2 * spread, 2 * spread)
    out = float(np.mean(nucleus.radii)) * 0.05 + random.gamma(1.8, 0.7, count) + 0.4
    radii = nucleus.radius(angles) + out
    starts = np.stack(
        [nucleus.centre[0] + radii * np.sin(angles), nucleus.centre[1] + radii * np.cos(angles)], 1
    )
    headings = angles + np.pi / 2 + random.normal(0.0, 0.5, count) + np.pi * random.integers(0, 2, count)
    room = cell.territory.cytoplasm_room
    points, alive = grow_filaments(cell.territory, room, starts, headings, steps=6, wander=0.4, random=random)
    ends = random.integers(1, 7, count)[:, None]
    alive &= (np.arange(7) <= ends) & (cell.territory.look_up(room, points[:, :1]) > 0)
    dense, weights = trace(points, alive * random.uniform(0.5, 1.0, count)[:, None], cell.px_per_um)
    ribbons = cell.canvas.draw_points(dense, weights, style.uniform(0.14, 0.2), curves=True)
    return np.minimum(ribbons, 1.5) * cell.mask * 0.9 + 0.04 * cell.cytoplasm * cell.thickness


def paint_plasma_membrane(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint a line along the cell's edge with ruffles, over a weak cytosol."""
    width = style.uniform(0.22, 0.36)
    line = np.exp(-((cell.edge_distance - 0.25) ** 2) / np.float32(2 * width**2)) * cell.mask
    uneven = np.clip(0.85 + 0.2 * cell.noise(0.9, 31) + 0.15 * cell.noise(0.3, 32), 0.25, None)
    ruffles = np.clip(cell.noise(0.45, 33) - 1.3, 0.0, 1.0) * np.exp(cell.edge_distance * np.float32(-0.8))
    within = style.uniform(0.08, 0.2) * cell.thickness * (cell.cytoplasm + 0.6 * cell.nucleus)
    return line * uneven + 0.8 * ruffles * cell.mask + within * (1.0 + 0.15 * cell.noise(0.3, 34))


def paint_mitochondria(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint threads and grains in the cytoplasm, densest around the nucleus."""
    territory = cell.territory
    steps, width = int(style.integers(3, 10)), style.uniform(0.15, 0.2)
    room = territory.cytoplasm_room
    weights = np.exp(-territory.nucleus_distance / style.uniform(4.0, 8.0)) * (room > 0.35)
    count = int(0.1 * np.count_nonzero(room > 0.35) * 3.0 / (steps + 2))
    starts = territory.sample(weights, min(count, 380), random)
    outward = np.arctan2(starts[:, 0] - cell.shape.centre[0], starts[:, 1] - cell.shape.centre[1])
    headings = outward + random.normal(0.0, 0.8, len(starts)) + np.pi * random.integers(0, 2, len(starts))
    points, alive = grow_filaments(territory, room, starts, headings, steps, wander=0.3, random=random)
    alive &= np.arange(steps + 1) <= random.integers(1, steps + 1, len(starts))[:, None]
    brightness = random.uniform(0.6, 1.1, len(starts))[:, None]
    dense, strengths = trace(points, alive * brightness, cell.px_per_um)
    threads = cell.canvas.draw_points(dense, strengths, width, curves=True)
    return np.minimum(threads, 1.3) * cell.cytoplasm + 0.06 * cell.cytoplasm * cell.thickness


def paint_aggresome(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint one large blob beside the nucleus, over a weak cytosol."""
    radius = style.uniform(1.2, 2.0) * random.uniform(0.8, 1.2)
    nucleus = cell.shape.nuclei[0]
    beside = float(nucleus.radius(cell.polarity)) + 0.9 * radius
    place = nucleus.point(cell.polarity, beside / float(nucleus.radius(cell.polarity)))
    depth = radius - cell.canvas.distance_from(place) + 0.2 * cell.noise(0.6, 35)
    blob = np.clip(depth / np.float32(0.5), 0.0, 1.0) * np.clip(0.95 + 0.12 * cell.noise(0.3, 36), 0.4, None)
    return blob * cell.mask + style.uniform(0.06, 0.16) * cell.cytoplasm * cell.thickness


def paint_cytosol(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the whole cytoplasm, finely grained, with a few holes; the nucleus darker, or as bright."""
    in_nucleus = style.choice([0.12, 0.25, 0.6], p=[0.4, 0.4, 0.2])
    grain = 0.72 + 0.1 * cell.noise(0.2, 37) + 0.08 * cell.noise(1.2, 38)
    holes = np.clip((cell.noise(0.45, 39) - 1.9) * 3.0, 0.0, 0.8)
    nucleus = in_nucleus * (1.0 - 0.4 * cell.nucleoli) * (1.0 + 0.1 * cell.noise(0.25, 40)) * cell.nucleus
    return cell.cytoplasm * cell.thickness * grain * (1.0 - holes) + 0.75 * nucleus


def paint_vesicles(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint many small dots of unequal size in the cytoplasm."""
    territory = cell.territory
    per_um2, width = style.uniform(0.12, 0.35), style.uniform(0.13, 0.22)
    room = territory.cytoplasm_room
    weights = (np.exp(-territory.nucleus_distance / style.uniform(4.0, 12.0)) + 0.12) * (room > 0.3)
    count = max(12, int(0.1 * np.count_nonzero(room > 0.3) * per_um2))
    image = 0.05 * cell.cytoplasm * cell.thickness
    for part, factor in ((0.7, 1.0), (0.22, 1.5), (0.08, 2.2)):
        places = territory.sample(weights, max(2, int(part * count)), random)
        brightness = random.uniform(0.4, 1.1, len(places))
        image += np.minimum(cell.canvas.draw_points(places, brightness, factor * width), 1.3) * cell.cytoplasm
    return image


def paint_negative(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint nothing, or a weak unspecific staining of the whole cell."""
    weak = style.uniform(0.0, 0.08)
    nuclear = style.uniform(0.5, 1.6)
    grain = 1.0 + 0.25 * cell.noise(0.2, 41)
    return weak * grain * (cell.cytoplasm * cell.thickness + nuclear * cell.nucleus)
