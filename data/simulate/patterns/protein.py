"""The protein channel (green): which pattern each class has, how those of a cell mix, and their staining."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from data.labels.label_file import NEGATIVE
from data.simulate.patterns import cytoplasmic, cytoskeleton, membrane, nuclear, reticulum
from data.simulate.patterns.cell import Cell
from data.simulate.patterns.immunostaining import draw_staining, scatter_clusters, stain_unspecifically
from data.simulate.patterns.mitosis import fill_body
from data.simulate.random_streams import Stream, random_stream

Painter = Callable[[Cell, np.random.Generator, np.random.Generator], NDArray[np.floating]]
"""Paints one class into one cell: (cell, style, random) -> (h, w), brightest structures about 1.

``style`` gives every cell that the antibody stains the same draws, and is drawn from first;
``random`` is the cell's own.
"""

PAINTERS: dict[int, Painter] = {
    0: nuclear.paint_nucleoplasm,
    1: nuclear.paint_nuclear_membrane,
    2: nuclear.paint_nucleoli,
    3: nuclear.paint_fibrillar_centers,
    4: nuclear.paint_speckles,
    5: nuclear.paint_nuclear_bodies,
    6: reticulum.paint_reticulum,
    7: cytoplasmic.paint_golgi,
    8: cytoskeleton.paint_intermediate_filaments,
    9: cytoskeleton.paint_actin,
    10: cytoskeleton.paint_microtubules,
    11: cytoskeleton.paint_mitotic_spindle,
    12: cytoskeleton.paint_centrosome,
    13: membrane.paint_plasma_membrane,
    14: cytoplasmic.paint_mitochondria,
    15: cytoplasmic.paint_aggresome,
    16: cytoplasmic.paint_cytosol,
    17: cytoplasmic.paint_vesicles,
}

_DIFFUSE = frozenset({0, 6, 13, 16})
"""Classes that fill a large part of a cell; beside another pattern they are weaker, lest they drown it."""

_CONCENTRATED = frozenset({1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 15})
"""Classes whose protein is crowded into little room, where the clusters of label lie closer."""

_CROWDING = 3.0


def paint_protein(cell: Cell, classes: tuple[int, ...]) -> NDArray[np.floating]:
    """Paint the protein (h, w) of a cell that shows ``classes``: their patterns, each of its own strength.

    What the antibody binds beside its protein, and the clusters in which it binds, are painted too.
    """
    random = cell.random(Stream.PROTEIN)
    staining = draw_staining(cell.antibody)
    light = np.zeros(cell.mask.shape, np.float32)
    if cell.mitotic and classes == (NEGATIVE,):
        # What came apart with the nucleus is spread over the rounded cell.
        light += (
            random.uniform(0.0, 0.4)
            * fill_body(cell)
            * scatter_clusters(cell, staining.clusters_per_um2, cell.random(Stream.CLUSTERS, NEGATIVE + 1))
        )
    for label in classes:
        if label == NEGATIVE:
            continue
        strength = random.uniform(0.7, 1.1)
        if len(classes) > 1:
            strength *= random.uniform(0.35, 0.6) if label in _DIFFUSE else random.uniform(0.8, 1.0)
        style = random_stream(*cell.antibody, Stream.PROTEIN_STYLE, label)
        pattern = PAINTERS[label](cell, style, cell.random(Stream.PROTEIN, label + 1))
        clusters = staining.clusters_per_um2 * (_CROWDING if label in _CONCENTRATED else 1.0)
        light += (
            strength * pattern * scatter_clusters(cell, clusters, cell.random(Stream.CLUSTERS, label + 1))
        )
    random = cell.random(Stream.CLUSTERS)
    light += stain_unspecifically(cell, staining, random)
    return light * np.float32(np.exp(random.normal(0.0, staining.spread)))
