from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from data.simulate.patterns.reticulum import draw_stain, fill_reticulum, paint_reticulum, stain_reticulum
from data.simulate.random_streams import random_stream


def thin_out(image, cell):
    """Return how much brighter the quarter of the cytoplasm nearest the nucleus is than the outermost."""
    outside = cell.mask & (cell.nucleus_distance > 0.5)
    first, last = np.quantile(cell.nucleus_distance[outside], (0.25, 0.75))
    near = outside & (cell.nucleus_distance < first)
    return image[near].mean() / image[outside & (cell.nucleus_distance > last)].mean()


def test_yellow_is_dense_at_the_nucleus_and_meshed(cells_of_line, line):
    for cell in cells_of_line(line):
        yellow = stain_reticulum(cell)
        outside = cell.mask & (cell.nucleus_distance > 0.5)
        assert thin_out(yellow, cell) > 1.2
        assert yellow[outside].mean() > 1.3 * yellow[cell.nucleus_distance < -1].mean()
        # Gaps a fraction of a micrometre wide lie between bright threads.
        fine = yellow - ndimage.gaussian_filter(yellow, 4)
        assert fine[outside].std() > 0.15 * yellow[outside].mean()


def test_what_lies_between_the_tubules_is_as_weak_as_asked(cells_of_line):
    cell = cells_of_line("flat")[0]
    stain = draw_stain(random_stream(3))
    levels = []
    for between in (0.03, 0.3):
        tubular = replace(stain, sheets=0.01, between=between, grain=0.0)
        image = fill_reticulum(cell, tubular, 3)
        far = cell.mask & (cell.nucleus_distance > 4) & (cell.edge_distance > 2)
        levels.append(np.percentile(image[far], 10) / np.percentile(image[far], 90))
    assert levels[0] < 0.35
    assert levels[1] > 1.25 * levels[0]


def test_a_protein_lies_on_the_tubules_of_the_yellow_stain_but_is_another_image(cells_of_line):
    cell = cells_of_line("flat")[0]
    yellow, cytoplasm = stain_reticulum(cell), cell.cytoplasm > 0
    alike = []
    for number in range(12):
        green = paint_reticulum(cell, random_stream(4, number), random_stream(5, number))
        assert not green[~cell.mask].any()
        smooth = [ndimage.gaussian_filter(image, 1.5)[cytoplasm] for image in (yellow, green)]
        alike.append(np.corrcoef(smooth)[0, 1])
    assert min(alike) > 0.5
    assert max(alike) < 0.99
    assert np.ptp(alike) > 0.03


@pytest.mark.parametrize("number", range(3))
def test_a_further_reach_thins_out_less(cells_of_line, number):
    cell = cells_of_line("sparse")[0]
    stain = draw_stain(random_stream(6, number))
    near, far = (thin_out(fill_reticulum(cell, stain, 3, factor), cell) for factor in (0.6, 2.0))
    assert near > far > 1
