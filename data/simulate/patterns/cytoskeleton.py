"""The protein channel of the classes of the cytoskeleton, and of the centrosome on which it is anchored."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.patterns.cell import Cell
from data.simulate.patterns.filaments import grow_filaments, trace
from data.simulate.patterns.mitosis import draw_spindle, fill_body

Image = NDArray[np.floating]


def paint_intermediate_filaments(
    cell: Cell, style: np.random.Generator, random: np.random.Generator
) -> Image:
    """Wavy filaments that cage the nucleus and thin out before the cell's edge."""
    territory = cell.territory
    room = territory.cytoplasm_room
    reach, waves = style.uniform(2.0, 5.5), style.uniform(0.05, 0.13)
    bundled, weak = style.uniform(0.0, 1.0), style.uniform(0.01, 0.08)
    weights = np.exp(-territory.nucleus_distance / reach) * (room > 0.1)
    count = min(int(0.1 * np.count_nonzero(room > 0) * (0.42 - 0.24 * bundled)), 240)
    starts = territory.sample(weights, count, random)
    outward = np.arctan2(starts[:, 0] - cell.shape.centre[0], starts[:, 1] - cell.shape.centre[1])
    headings = outward + random.normal(0.0, 1.0, len(starts))
    points, alive = grow_filaments(
        territory, room, starts, headings, steps=22, wander=0.12, waves=waves, random=random
    )
    fading = np.exp(-territory.look_up(territory.nucleus_distance, points) / (2.2 * reach))
    fading = fading * np.clip(territory.look_up(territory.edge_distance, points) / 3.0, 0.1, 1.0)
    brightness = random.gamma(1.5, 0.3 + 0.25 * bundled, len(starts))[:, None]
    dense, strengths = trace(points, alive * brightness * fading, cell.px_per_um)
    bundles = cell.canvas.draw_points(dense, strengths, 0.1 + 0.07 * bundled, curves=True)
    return 1.2 * np.tanh(0.55 * bundles) * cell.cytoplasm + weak * cell.cytoplasm * cell.thickness


def paint_actin(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint straight stress fibres along the cell, also across the nucleus, and a cortex at its edge."""
    territory = cell.territory
    per_um2, spread = style.uniform(0.1, 0.18), style.uniform(0.06, 0.2)
    cortical, weak = style.uniform(0.4, 0.9), style.uniform(0.06, 0.2)
    fibres = int(np.clip(0.1 * np.count_nonzero(territory.cell) * per_um2, 12, 140))
    middles = territory.sample((territory.edge_distance > 0.4).astype(np.float32), fibres, random)
    angles = cell.cell_axis + random.normal(0.0, spread, len(middles))
    along = np.stack([np.sin(angles), np.cos(angles)], axis=1)[:, None]
    across = along[..., ::-1] * [1.0, -1.0]
    place = np.linspace(-1.0, 1.0, 61)
    offsets = place[:, None] * random.uniform(4.0, 17.0, len(middles))[:, None, None]
    bend = random.normal(0.0, 0.006, len(middles))[:, None, None]
    points = middles[:, None] + offsets * along + offsets**2 * bend * across
    inside = territory.look_up(territory.edge_distance, points) > 0.2
    fading = np.minimum(1.0, 2.5 * (1.0 - np.abs(place))) * inside
    brightness = np.minimum(random.gamma(1.6, 0.3, len(middles)) + 0.08, 1.4)[:, None] * fading
    thick = random.random(len(middles)) < 0.3
    bundles = np.zeros(cell.mask.shape, np.float32)
    for chosen, width in ((thick, 0.2), (~thick, 0.1)):
        dense, weights = trace(points[chosen], brightness[chosen], cell.px_per_um)
        bundles += cell.canvas.draw_points(dense, weights, width, curves=True)
    cortex = cortical * np.exp(-((cell.edge_distance - 0.25) ** 2) / np.float32(2 * 0.25**2))
    cortex *= np.clip(0.8 + 0.3 * cell.noise(0.9, 50), 0.1, None)
    diffuse = weak * cell.thickness * (1.0 + 0.15 * cell.noise(0.2, 51))
    return (np.minimum(bundles, 1.5) + cortex + diffuse) * cell.mask


def paint_microtubules(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the microtubules that the red stain shows, with grain of its own."""
    grain = np.clip(1.0 + 0.3 * cell.noise(0.12, 52), 0.2, None)
    return (
        0.6 * cell.microtubules * grain * cell.mask
        + style.uniform(0.04, 0.12) * cell.cytoplasm * cell.thickness
    )


def paint_mitotic_spindle(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint the spindle of a dividing cell, over its weak even content."""
    return draw_spindle(cell, random) + style.uniform(0.05, 0.15) * fill_body(cell)


def paint_centrosome(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint one dot or two beside the nucleus, over a weak staining of the cell."""
    width, around = style.uniform(0.2, 0.32), style.uniform(0.03, 0.12)
    places = [cell.centrosome]
    if random.random() < 0.6:
        angle, distance = random.uniform(0, 2 * np.pi), random.uniform(0.6, 1.3)
        places.append((places[0][0] + distance * np.sin(angle), places[0][1] + distance * np.cos(angle)))
    dots = cell.canvas.draw_points(np.array(places), random.uniform(0.8, 1.2, len(places)), width)
    weak = around * cell.thickness * (cell.cytoplasm + 0.8 * cell.nucleus) * (1.0 + 0.2 * cell.noise(0.2, 53))
    return 1.4 * dots * cell.mask + weak
