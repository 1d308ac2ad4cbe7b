"""Two of the stains that every field has: microtubules (red) and nucleus (blue)."""

import numpy as np
from numpy.typing import NDArray

from data.simulate.patterns.cell import Cell
from data.simulate.patterns.mitosis import draw_spindle, fill_body
from data.simulate.random_streams import Stream, random_stream


def stain_microtubules(cell: Cell) -> NDArray[np.floating]:
    """Paint the red stain (h, w), about 1 where microtubules crowd."""
    if cell.mitotic:
        spindle = draw_spindle(cell, cell.random(Stream.MICROTUBULES))
        return 0.9 * spindle + 0.16 * fill_body(cell)
    of_field = random_stream(*cell.key[:2], Stream.STAINS, 1)
    beaded = of_field.uniform(0.3, 0.75)
    even, dense, bound = of_field.uniform(0.04, 0.2), of_field.uniform(0.05, 0.25), of_field.uniform(0.5, 1.0)
    near = even + dense * np.exp(np.maximum(cell.nucleus_distance, 0.0) / np.float32(-4.0))
    uneven = np.clip(1.0 + 0.25 * cell.noise(1.0, 4), 0.0, None)
    unbound = near * cell.thickness * (cell.cytoplasm + 0.3 * cell.nucleus) * uneven
    speckle = np.clip(1.0 + beaded * cell.noise(0.12, 7), 0.08, None)
    return np.tanh(np.float32(bound) * cell.microtubules) * speckle * cell.mask + unbound


def stain_nucleus(cell: Cell) -> NDArray[np.floating]:
    """Paint the blue stain (h, w), about 1 in the nucleus: grainy chromatin and dark nucleoli."""
    if cell.mitotic:
        return cell.nucleus * (1.5 + 0.12 * cell.noise(0.35, 8))
    grain = 0.72 + 0.13 * cell.noise(0.5, 8) + 0.17 * cell.noise(0.22, 9) + 0.05 * cell.noise(1.5, 10)
    rim = 0.16 * np.exp(np.minimum(cell.nucleus_distance, 0.0) / np.float32(0.35)) * cell.nucleus
    return cell.nucleus * np.clip(grain, 0.15, None) * (1.0 - 0.55 * cell.nucleoli) + rim
