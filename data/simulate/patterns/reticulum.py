"""The endoplasmic reticulum: sheets beside the nucleus, and tubules that reach towards the edge.

The yellow stain and the proteins of the reticulum lie on the same tubules, but neither fills them alike: each
has its own part in sheets and tubules, its own reach and its own grain.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.simulate.patterns.cell import Cell
from data.simulate.random_streams import Stream, random_stream

Image = NDArray[np.floating]


@dataclass(frozen=True)
class ReticulumStain:
    """How something fills the reticulum; lengths in µm.

    Attributes
    ----------
    sheets
        How far from the nucleus sheets go on.
    reach
        Over what distance it thins out on the way to the edge.
    base
        What is left of it there, as a part of that beside the nucleus.
    between
        Level between the tubules, beside tubules of 1.
    domains
        How unevenly it is spread over parts of the reticulum some µm wide.
    grain
        Strength of its finest grain.
    rim
        Brightness of the nuclear envelope.
    inside
        Level in the nucleus.
    """

    sheets: float
    reach: float
    base: float
    between: float
    domains: float
    grain: float
    rim: float
    inside: float


def draw_stain(random: np.random.Generator) -> ReticulumStain:
    """Draw how a stain or an antibody fills the reticulum."""
    return ReticulumStain(
        sheets=random.uniform(0.5, 5.0),
        reach=random.uniform(4.0, 14.0),
        base=random.uniform(0.12, 0.6),
        between=random.uniform(0.03, 0.22),
        domains=random.uniform(0.05, 0.3),
        grain=random.uniform(0.3, 0.9),
        rim=random.uniform(0.0, 0.4),
        inside=random.uniform(0.02, 0.14),
    )


def fill_reticulum(cell: Cell, stain: ReticulumStain, layer: int, reach_factor: float = 1.0) -> Image:
    """Paint the reticulum (h, w), 0..about 1, as a stain fills it.

    Parameters
    ----------
    cell
        The cell.
    stain
        How it is filled.
    layer
        Of the field's noise, for the grain and the domains that are the stain's own.
    reach_factor
        How much further than usual the reticulum of this cell reaches.
    """
    outside = np.maximum(cell.nucleus_distance, 0.0)
    profile = stain.base + (1.0 - stain.base) * np.exp(outside / np.float32(-stain.reach * reach_factor))
    sheets = np.exp(outside / np.float32(-stain.sheets * reach_factor))
    sheets = sheets * np.clip(0.75 + 0.35 * cell.noise(1.5, 4), 0.0, 1.0)
    network = sheets * np.float32(0.7) + (1.0 - sheets) * _draw_tubules(cell, stain.between)
    grain = np.clip(1.0 + stain.grain * cell.noise(0.075, layer), 0.08, None)
    grain = grain * np.clip(1.0 + stain.domains * cell.noise(2.2, layer), 0.2, None)
    image = cell.cytoplasm * cell.thickness * profile * network * grain
    if not cell.mitotic:
        rim = np.exp(-((cell.nucleus_distance - 0.1) ** 2) / np.float32(2 * 0.18**2))
        uneven = np.clip(0.8 + 0.3 * cell.noise(0.9, 4), 0.1, None)
        nucleus = np.float32(stain.inside) * cell.nucleus * (1.0 - 0.5 * cell.nucleoli)
        image += (np.float32(stain.rim) * rim * uneven + nucleus * grain) * cell.mask
    return image


def _draw_tubules(cell: Cell, between: float) -> Image:
    """Draw the tubules (h, w), which every stain of the cell shares: wide meshes here, narrow ones there."""
    wide = np.clip(0.5 + 0.6 * cell.noise(3.0, 5), 0.0, 1.0)
    tubules = wide * cell.mesh(0.55, 2, 3.2) + (1.0 - wide) * cell.mesh(0.32, 2, 2.2)
    vary = np.clip(0.85 + 0.25 * cell.noise(0.9, 6), 0.2, None)
    return np.float32(between) + np.float32(1.15) * tubules * vary


def stain_reticulum(cell: Cell) -> Image:
    """Paint the yellow stain (h, w), about 1 beside the nucleus, which fills all cells of a field alike."""
    if cell.mitotic:
        return 0.55 * cell.mask * cell.thickness * (0.5 + cell.mesh(0.32, 2)) * (1 - 0.7 * cell.nucleus)
    stain = draw_stain(random_stream(*cell.key[:2], Stream.STAINS))
    return fill_reticulum(cell, stain, 3, cell.random(Stream.CELL, 3).uniform(0.75, 1.35))


def paint_reticulum(cell: Cell, style: np.random.Generator, random: np.random.Generator) -> Image:
    """Paint a protein of the reticulum: on the tubules of the yellow stain, but in its own way."""
    stain = draw_stain(style)
    even = style.uniform(0.0, 0.2)
    own = fill_reticulum(cell, stain, 30, cell.random(Stream.CELL, 3).uniform(0.75, 1.35))
    return own + np.float32(even) * cell.cytoplasm * cell.thickness
