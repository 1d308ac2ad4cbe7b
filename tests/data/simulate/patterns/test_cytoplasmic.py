"""What the classes of the cytoplasm look like; `observe` and its measures are in conftest.py."""

import numpy as np
import pytest

from data.simulate.patterns.cytoplasmic import paint_cytosol
from data.simulate.random_streams import random_stream


def follows_the_yellow_stain(cells):
    assert cells.median(lambda c: c.follows("yellow")) > 0.2
    assert cells.median(lambda c: abs(c.follows("red"))) < 0.3
    assert cells.median(lambda c: c.contrast(c.around_nucleus(0.5, 4), c.nucleus)) > 1.5


def is_ribbons_on_one_side_of_the_nucleus(cells):
    assert cells.median(lambda c: c.one_sided) > 0.75
    assert cells.median(lambda c: np.percentile(c.from_nucleus[c.bright], 95)) < 6
    assert cells.median(lambda c: c.bright_part(c.cytoplasm)) > 0.9
    assert cells.median(lambda c: len(c.spots)) >= 3
    assert cells.median(lambda c: c.spots.sum()) > 3
    assert cells.median(lambda c: c.compact) < 0.3


def is_threads_and_grains_around_the_nucleus(cells):
    assert cells.median(lambda c: c.contrast(c.around_nucleus(0.5, 4), c.around_nucleus(-99, -1))) > 5
    # A cytoplasm narrower than they reach is full of them.
    if cells.median(lambda c: np.percentile(c.from_nucleus[c.mask], 95)) > 6:
        assert cells.median(lambda c: c.heaped) > 1.1
    assert cells.median(lambda c: len(c.spots)) >= 8
    assert cells.median(lambda c: np.median(c.spots)) > 0.18
    assert cells.median(lambda c: c.spots.max()) > 2
    assert cells.median(lambda c: c.fibrous) > 0.4
    assert cells.median(lambda c: c.one_sided) < 0.78
    assert all(abs(c.follows(stain)) < 0.3 for c in cells for stain in ("red", "yellow"))


def is_one_blob_beside_the_nucleus(cells):
    assert all(len(c.spots) == 1 for c in cells)
    assert cells.median(lambda c: c.spots[0]) > 2.5
    assert cells.median(lambda c: c.compact) > 0.4
    assert cells.median(lambda c: c.bright_part(c.cytoplasm)) > 0.9
    assert all(np.median(c.from_nucleus[c.bright]) < 3 for c in cells)


def fills_the_cytoplasm_evenly(cells):
    assert cells.median(lambda c: c.contrast(c.around_nucleus(0.5, 4), c.nucleus)) > 1
    assert cells.median(lambda c: c.spots.sum() / (c.mask.sum() * 0.08**2)) > 0.25
    assert cells.median(lambda c: c.grain) < 0.2
    edge = cells.median(lambda c: c.contrast(c.cytoplasm & (c.from_edge < 0.8), c.from_edge > 2))
    assert edge < 0.9


def is_many_small_dots(cells):
    assert cells.median(lambda c: c.contrast(c.around_nucleus(0.5, 4), c.around_nucleus(-99, -1))) > 3
    assert cells.median(lambda c: len(c.spots)) >= 12
    assert cells.median(lambda c: np.median(c.spots)) < 0.4
    assert cells.median(lambda c: c.fibrous) < 0.4
    assert all(abs(c.follows(stain)) < 0.3 for c in cells for stain in ("red", "yellow"))


LOOKS = {
    6: follows_the_yellow_stain,
    7: is_ribbons_on_one_side_of_the_nucleus,
    14: is_threads_and_grains_around_the_nucleus,
    15: is_one_blob_beside_the_nucleus,
    16: fills_the_cytoplasm_evenly,
    17: is_many_small_dots,
}


@pytest.mark.parametrize("label", LOOKS)
def test_each_class_looks_as_described(observe, line, label):
    LOOKS[label](observe((label,), line))


@pytest.mark.parametrize("label", LOOKS)
def test_no_other_class_passes_for_it(reject_other_classes, label):
    reject_other_classes(LOOKS[label], label)


def test_the_cytosol_leaves_the_nucleus_dark_or_not(cells_of_line):
    cell = cells_of_line("small")[0]
    around = (cell.nucleus_distance > 0.5) & (cell.nucleus_distance < 3) & cell.mask
    ratios = []
    for number in range(40):
        light = paint_cytosol(cell, random_stream(4, number), random_stream(5, number))
        ratios.append(light[cell.nucleus].mean() / light[around].mean())
    assert np.percentile(ratios, 10) < 0.45
    assert np.percentile(ratios, 90) > 0.85


def test_golgi_and_aggresome_lie_towards_the_centrosome(observe):
    for label in (7, 15):
        for c in observe((label,)):
            to_centrosome = np.array(c.cell.centrosome) - c.cell.shape.nuclei[0].centre
            rows, columns = np.nonzero(c.bright)
            y, x = c.cell.canvas.offsets_from(tuple(c.cell.shape.nuclei[0].centre))
            to_bright = np.array([y[rows, 0].mean(), x[0, columns].mean()])
            cosine = to_bright @ to_centrosome / np.linalg.norm(to_bright) / np.linalg.norm(to_centrosome)
            assert cosine > 0.6
