import numpy as np
import pytest
from scipy import ndimage

from data.simulate.patterns.reticulum import stain_reticulum
from data.simulate.patterns.stains import stain_microtubules, stain_nucleus

STAINS = (stain_microtubules, stain_nucleus, stain_reticulum)


@pytest.mark.parametrize("stain", STAINS)
@pytest.mark.parametrize("divide", [False, True])
def test_a_stain_lies_in_its_cell_and_is_the_same_each_time(cells_of_line, line, stain, divide):
    for cell in cells_of_line(line, divide=divide):
        light = stain(cell)
        assert light.shape == cell.mask.shape
        assert np.isfinite(light).all()
        assert light.min() >= 0
        assert not light[~cell.mask].any()
        assert 0.15 < np.percentile(light[cell.mask], 99) < 4
        assert np.array_equal(light, stain(cell))


def test_blue_is_the_nucleus_with_dark_nucleoli(cells_of_line, line):
    for cell in cells_of_line(line):
        blue = stain_nucleus(cell)
        inner = cell.nucleus_distance < -1
        nucleoli = (cell.nucleoli > 0.9) & inner
        assert not blue[~cell.nucleus].any()
        assert blue[nucleoli].mean() < 0.7 * blue[inner & (cell.nucleoli == 0)].mean()


def test_red_is_the_microtubules_out_of_the_nucleus(cells_of_line, line):
    for cell in cells_of_line(line):
        red = stain_microtubules(cell)
        cytoplasm = cell.cytoplasm > 0
        assert red[cytoplasm].mean() > 2 * red[cell.nucleus_distance < -1].mean()
        on = cytoplasm & (cell.microtubules > np.percentile(cell.microtubules[cytoplasm], 80))
        off = cytoplasm & (cell.microtubules < np.percentile(cell.microtubules[cytoplasm], 30))
        assert red[on].mean() > 2 * red[off].mean()


def test_a_dividing_cells_stains_show_chromosomes_and_spindle(cells_of_line, line):
    resting = np.median([np.median(stain_nucleus(c)[c.nucleus]) for c in cells_of_line(line)])
    for cell in cells_of_line(line, divide=True):
        blue, red, yellow = (stain(cell) for stain in (stain_nucleus, stain_microtubules, stain_reticulum))
        assert blue[cell.nucleus].mean() > 1.5 * resting
        smooth = ndimage.gaussian_filter(red, 4) * cell.mask
        brightest = np.percentile(smooth[cell.mask], 95)
        middle = np.array(ndimage.center_of_mass(smooth > brightest))
        assert np.hypot(*(middle - ndimage.center_of_mass(cell.nucleus))) / cell.px_per_um < 3
        assert yellow[cell.nucleus].mean() < 0.5 * yellow[cell.mask & ~cell.nucleus].mean()
