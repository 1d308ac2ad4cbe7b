import numpy as np
import pytest

from data.simulate.geometry.cell_lines import CELL_LINES
from data.simulate.geometry.layout import lay_out_cells

EXTENT = (90.0, 120.0)


@pytest.mark.parametrize("line", CELL_LINES, ids=lambda line: line.name)
def test_nuclei_keep_apart_and_cover_the_field_and_its_surroundings(line):
    cells = lay_out_cells(EXTENT, line, 0.0, np.random.default_rng(2), divides=False)
    centres = np.array([cell.centre for cell in cells])
    apart = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    # Along the long axis they keep farther apart than across it.
    assert apart.min() >= line.spacing - 1e-9
    assert np.all(centres >= -line.reach)
    assert np.all(centres < np.array(EXTENT) + line.reach)
    outside = np.any((centres < 0) | (centres >= EXTENT), axis=1)
    assert 0 < np.count_nonzero(outside) < len(cells)
    assert np.all(np.abs(centres[0] / EXTENT - 0.5) <= 0.05 + 1e-9)
    assert not any(cell.mitotic for cell in cells)


def test_a_field_that_is_to_have_dividing_cells_has_one_in_sight():
    for seed in range(20):
        cells = lay_out_cells(EXTENT, CELL_LINES[0], 0.01, np.random.default_rng(seed), divides=True)
        centres = np.array([cell.centre for cell in cells if cell.mitotic])
        assert np.any(np.all((centres >= 0) & (centres < EXTENT), axis=1))


def test_elsewhere_cells_divide_as_often_as_asked():
    cells = [
        cell
        for seed in range(60)
        for cell in lay_out_cells(EXTENT, CELL_LINES[0], 0.1, np.random.default_rng(seed), divides=False)
    ]
    assert np.mean([cell.mitotic for cell in cells]) == pytest.approx(0.1, abs=0.03)
