"""What the classes of the cytoskeleton look like; `observe` and its measures are in conftest.py."""

import numpy as np
import pytest
from scipy import ndimage


def is_wavy_filaments_that_cage_the_nucleus(cells):
    assert cells.median(lambda c: c.contrast(c.around_nucleus(0.5, 4), c.around_nucleus(-99, -1))) > 5
    assert cells.median(lambda c: c.heaped) > 1.2
    assert cells.median(lambda c: c.fibrous) > 0.45
    assert cells.median(lambda c: np.median(c.spots)) < 0.24
    assert cells.median(lambda c: c.one_sided) < 0.7
    assert all(abs(c.follows(stain)) < 0.3 for c in cells for stain in ("red", "yellow"))


def is_straight_fibres_also_over_the_nucleus(cells):
    assert cells.median(lambda c: c.one_direction) > 0.4
    assert cells.median(lambda c: c.fibrous) > 0.7
    assert 0.6 < cells.median(lambda c: c.contrast(c.nucleus, c.cytoplasm)) < 1.6


def follows_the_red_stain(cells):
    assert cells.median(lambda c: c.follows("red")) > 0.4
    assert cells.median(lambda c: abs(c.follows("yellow"))) < 0.3
    assert cells.median(lambda c: c.contrast(c.cytoplasm, c.around_nucleus(-99, -1))) > 3


def is_a_spindle_across_condensed_chromosomes(cells):
    for c in cells:
        assert c.nucleus.sum() < 0.3 * c.mask.sum()
        assert np.pi * c.cell.edge_distance.max() ** 2 > 0.6 * c.mask.sum() / c.cell.px_per_um**2
        smooth = ndimage.gaussian_filter(c.green, 6) * c.mask
        spindle = smooth > 0.5 * smooth.max()
        offset = np.array(ndimage.center_of_mass(spindle)) - ndimage.center_of_mass(c.nucleus)
        assert np.hypot(*offset) / c.cell.px_per_um < 2
        assert spindle.sum() < 0.45 * c.mask.sum()
        # It has no rim at the chromosomes, and lies in the red stain as well.
        assert c.contrast(c.around_nucleus(-0.2, 0.2), c.around_nucleus(0.4, 1.0)) < 1.5
        assert np.corrcoef(c.green[c.mask], c.red[c.mask])[0, 1] > 0.7
        poles = np.array(c.cell.poles) * c.cell.px_per_um - c.cell.canvas.origin_px
        near = [
            c.green[tuple(np.ix_(*(np.arange(int(p) - 5, int(p) + 6) for p in pole)))].mean()
            for pole in poles
        ]
        assert min(near) > 1.5 * c.mean(c.mask)


def is_a_dot_or_two_beside_the_nucleus(cells):
    assert all(1 <= len(c.spots) <= 2 for c in cells)
    assert cells.median(lambda c: c.spots.sum()) < 2.5
    assert all(c.bright_part(c.cytoplasm) > 0.9 for c in cells)
    assert all(0.3 < np.median(c.from_nucleus[c.bright]) < 4 for c in cells)


LOOKS = {
    8: is_wavy_filaments_that_cage_the_nucleus,
    9: is_straight_fibres_also_over_the_nucleus,
    10: follows_the_red_stain,
    11: is_a_spindle_across_condensed_chromosomes,
    12: is_a_dot_or_two_beside_the_nucleus,
}


@pytest.mark.parametrize("label", LOOKS)
def test_each_class_looks_as_described(observe, line, label):
    LOOKS[label](observe((label,), line))


@pytest.mark.parametrize("label", LOOKS)
def test_no_other_class_passes_for_it(reject_other_classes, label):
    reject_other_classes(LOOKS[label], label)


def test_the_centrosome_is_one_dot_in_some_cells_and_two_in_others(observe):
    pieces = [len(c.spots) for name in ("dense sheet", "small") for c in observe((12,), name)]
    largest = [c.spots.max() for name in ("dense sheet", "small") for c in observe((12,), name)]
    assert set(pieces) == {1, 2} or max(largest) > 1.5 * min(largest)


def test_stress_fibres_run_along_the_cell(observe):
    for c in observe((9,), "spindly"):
        yy, xx, xy = (product[c.from_edge > 1.0].mean() for product in c._gradients)
        across = 0.5 * np.arctan2(2 * xy, xx - yy)
        assert abs(np.cos(across - c.cell.cell_axis)) < 0.5
