"""What the plasma membrane looks like; `observe` and its measures are in conftest.py."""

import numpy as np

from data.simulate.patterns.membrane import paint_plasma_membrane
from data.simulate.random_streams import random_stream


def is_the_cells_edge(cells):
    """Bright where the cell is thin; whatever lies in a cell's body is weaker there."""
    assert cells.median(edge) > 1.15
    assert all(edge(c) > 0.8 for c in cells)
    assert cells.median(lambda c: c.contrast(c.nucleus, c.cytoplasm)) < 1.1
    assert cells.median(lambda c: c.one_direction) < 0.25
    assert all(abs(c.follows(stain)) < 0.3 for c in cells for stain in ("red", "yellow"))


def edge(c):
    return c.contrast(
        c.around_nucleus(1, 99) & (c.from_edge < 0.8), c.around_nucleus(1, 99) & (c.from_edge > 2)
    )


def test_the_plasma_membrane_is_the_edge(observe, line):
    is_the_cells_edge(observe((13,), line))


def test_no_other_class_passes_for_it(reject_other_classes):
    reject_other_classes(is_the_cells_edge, 13)


def test_from_antibody_to_antibody_it_is_a_line_or_a_veil(cells_of_line):
    cell = cells_of_line("small")[0]
    line = (cell.edge_distance > 0) & (cell.edge_distance < 0.5)
    middle = (cell.edge_distance > 1.5) & (cell.nucleus_distance > 0.5)
    ratios = []
    for number in range(40):
        light = paint_plasma_membrane(cell, random_stream(4, number), random_stream(5, number))
        ratios.append(light[line].mean() / light[middle].mean())
        assert light[middle].mean() > 0.04
        assert not light[~cell.mask].any()
    assert np.percentile(ratios, 10) < 2.5
    assert np.percentile(ratios, 90) > 4
