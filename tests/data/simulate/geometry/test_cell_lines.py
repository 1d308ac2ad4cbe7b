from dataclasses import fields

import numpy as np
import pytest

from data.simulate.geometry.cell_lines import CELL_LINES

RANGES = (
    "radius",
    "elongation",
    "protrusions",
    "protrusion_length",
    "pointedness",
    "nucleus_radius",
    "nucleus_elongation",
)


@pytest.fixture(params=CELL_LINES, ids=lambda line: line.name)
def line(request):
    return request.param


def test_there_are_eight_lines_and_each_has_its_own_name_and_shape():
    assert len(CELL_LINES) == 8
    assert len({line.name for line in CELL_LINES}) == 8
    assert len({tuple(getattr(line, field.name) for field in fields(line))[1:] for line in CELL_LINES}) == 8


def test_ranges_run_upwards(line):
    for name in RANGES:
        low, high = getattr(line, name)
        assert 0 <= low <= high, name
    assert line.elongation[0] >= 1
    assert line.nucleus_elongation[0] >= 1
    assert line.pointedness[1] <= 1
    assert 0 <= line.open_space < 1
    assert 0 <= line.lobes < 0.3


def test_a_nucleus_fits_in_its_cell_and_two_do_not_overlap(line):
    assert line.nucleus_radius[1] < 0.9 * line.radius[0]
    assert line.spacing > 2 * line.nucleus_radius[0]
    # Half as wide as the cell is long, a cell's short side still holds a nucleus.
    assert line.radius[1] / line.elongation[1] ** 0.5 > line.nucleus_radius[0]


def test_nuclei_have_the_area_of_real_ones(line):
    areas = np.pi * np.square(line.nucleus_radius)
    assert 60 < areas[0] < areas[1] < 400


def test_no_cell_extends_beyond_its_reach(line):
    longest = line.radius[1] * line.elongation[1] ** 0.5
    assert line.reach > longest
    assert line.reach < 4 * line.radius[1] * line.elongation[1] ** 0.5


def test_lines_differ_in_size_and_density():
    by_name = {line.name: line for line in CELL_LINES}
    assert by_name["round"].radius[1] < by_name["flat"].radius[0]
    assert by_name["spindly"].elongation[0] > by_name["round"].elongation[1]
    assert by_name["small"].open_space > by_name["dense sheet"].open_space
    assert by_name["branched"].protrusions[1] > by_name["round"].protrusions[1]
