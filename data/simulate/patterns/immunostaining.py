"""How an antibody stains a pattern: in clusters of label, and also where its protein is not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.simulate.patterns.cell import Cell
from data.simulate.random_streams import Stream, random_stream


@dataclass(frozen=True)
class Staining:
    """What all cells that an antibody stains have in common, whatever its protein's pattern.

    Attributes
    ----------
    clusters_per_um2
        Clusters of label in a µm² of brightness 1: few make a grainy image, many a smooth one.
    unspecific
        Brightness of the unspecific staining of the cytoplasm, beside a pattern of brightness 1.
    unspecific_nucleus
        That of the nucleus, as a part of the cytoplasm's.
    unspecific_clusters_per_um2
        Clusters in a µm² of the unspecific staining.
    spread
        Spread of the logarithm of brightness from cell to cell.
    """

    clusters_per_um2: float
    unspecific: float
    unspecific_nucleus: float
    unspecific_clusters_per_um2: float
    spread: float


def draw_staining(antibody: tuple[int, int]) -> Staining:
    """Draw how an antibody (seed and number) stains."""
    random = random_stream(*antibody, Stream.STAINING)
    clusters = float(np.exp(random.normal(np.log(150.0), 0.9)))
    unspecific = float(min(np.exp(random.normal(np.log(0.11), 0.85)), 0.7))
    return Staining(
        clusters_per_um2=min(max(clusters, 6.0), 600.0),
        unspecific=unspecific,
        unspecific_nucleus=random.uniform(0.25, 1.3),
        unspecific_clusters_per_um2=min(max(clusters * unspecific * random.uniform(1.5, 6.0), 4.0), 300.0),
        spread=random.uniform(0.25, 0.6),
    )


def stain_unspecifically(cell: Cell, staining: Staining, random: np.random.Generator) -> NDArray[np.floating]:
    """Stain what the antibody binds beside its protein: (h, w), thinly scattered over the whole cell."""
    level = staining.unspecific * random.uniform(0.7, 1.3)
    body = cell.thickness * (cell.cytoplasm + np.float32(staining.unspecific_nucleus) * cell.nucleus)
    return np.float32(level) * body * scatter_clusters(cell, staining.unspecific_clusters_per_um2, random)


def scatter_clusters(cell: Cell, per_um2: float, random: np.random.Generator) -> NDArray[np.floating]:
    """Scatter clusters of label of unequal brightness over a cell's window: (h, w) of mean 1.

    They do not depend on the pattern that they are to weigh, so that a slightly different pattern gives a
    slightly different image.
    """
    pixels = cell.mask.size
    per_pixel = per_um2 / cell.px_per_um**2
    count = max(1, round(per_pixel * pixels))
    brightness = random.standard_exponential(count, dtype=np.float32) * np.float32(1.0 / per_pixel)
    sums = np.bincount(random.integers(0, pixels, count), brightness, pixels)
    return sums.reshape(cell.mask.shape).astype(np.float32)
