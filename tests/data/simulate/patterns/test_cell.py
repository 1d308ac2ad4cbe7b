from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from data.simulate.random_streams import Stream


@pytest.fixture
def cells(cells_of_line, line):
    return cells_of_line(line)


def many(cell, count=60):
    """The same ground with other draws: cells that differ in all but their outline."""
    return [replace(cell, key=(1, 2, number)) for number in range(count)]


def distance_from_nucleus(cell, place):
    """Distance in um of a place y, x from the nucleus, and whether it lies in the cell."""
    row, column = np.array(place) * cell.px_per_um - cell.canvas.origin_px
    inside = 0 <= row < cell.mask.shape[0] and 0 <= column < cell.mask.shape[1]
    return cell.nucleus_distance[int(row), int(column)] if inside else np.inf


def test_distances_are_those_of_the_masks_in_um(cells):
    for cell in cells:
        edge = ndimage.distance_transform_edt(cell.mask) / cell.px_per_um
        assert np.all(np.abs(cell.edge_distance - edge) <= 0.1 + 0.06 * edge)
        outside = ndimage.distance_transform_edt(~cell.nucleus) / cell.px_per_um
        assert np.all(
            np.abs(cell.nucleus_distance - outside)[~cell.nucleus] <= (0.1 + 0.06 * outside)[~cell.nucleus]
        )
        assert cell.nucleus_distance[cell.nucleus].max() < 0


def test_the_cytoplasm_is_the_cell_without_its_nucleus(cells):
    for cell in cells:
        assert np.array_equal(cell.cytoplasm > 0, cell.mask & ~cell.nucleus)


def test_a_cell_thins_out_towards_its_edge(cells):
    for cell in cells:
        thickness = cell.thickness
        assert 0 <= thickness.min() <= thickness.max() <= 1 + 1e-6
        assert not thickness[~cell.mask].any()
        assert thickness[cell.nucleus].mean() > 1.2 * thickness[cell.mask & (cell.edge_distance < 1)].mean()


def test_a_dividing_cell_is_thick_throughout(cells_of_line):
    (cell, *_) = cells_of_line("dense sheet", divide=True)
    assert cell.thickness[cell.mask & (cell.edge_distance > 3)].min() > 0.8


def test_the_centrosome_lies_beside_the_nucleus_and_is_where_the_cell_points(cells):
    for cell in cells:
        for other in many(cell):
            beside = distance_from_nucleus(other, other.centrosome)
            assert -0.5 < beside < 4
            away = np.array(other.centrosome) - other.shape.nuclei[0].centre
            assert np.cos(np.arctan2(*away) - other.polarity) > 0.9
        directions = [other.polarity for other in many(cell)]
        assert len({round(angle, 3) for angle in directions}) > 30


def test_the_centrosome_lies_where_the_cell_has_room(cells_of_line):
    for cell in cells_of_line("spindly"):
        rooms = [
            cell.territory.look_up(cell.territory.edge_distance, np.array(c.centrosome)) for c in many(cell)
        ]
        assert np.mean(np.array(rooms) > 1.0) > 0.9


def test_nucleoli_lie_in_the_nucleus_apart_from_each_other(cells):
    for cell in cells:
        for other in many(cell, 20):
            places = other.nucleolus_places
            assert 1 <= len(places) <= 8
            for number, (y, x, radius) in enumerate(places):
                assert distance_from_nucleus(other, (y, x)) < 0
                assert 0.2 < radius < 4
                assert all(np.hypot(y - oy, x - ox) > radius + o for oy, ox, o in places[:number])
        assert not cell.nucleoli[~cell.nucleus].any()


def test_most_cells_have_two_to_five_nucleoli(cells_of_line):
    (cell, *_) = cells_of_line("dense sheet")
    counts = [len(other.nucleolus_places) for other in many(cell, 300)]
    assert 2 <= np.median(counts) <= 4
    assert np.mean(np.array(counts) == 1) < 0.25
    parts = [other.nucleoli[other.nucleus].mean() for other in many(cell, 20)]
    assert 0.02 < np.mean(parts) < 0.3


def test_a_dividing_cell_has_no_nucleoli_and_a_pole_on_each_side(cells_of_line, line):
    for cell in cells_of_line(line, divide=True):
        assert cell.mitotic
        assert cell.nucleolus_places == []
        assert not cell.nucleoli.any()
        first, second = np.array(cell.poles)
        assert (first + second) / 2 == pytest.approx(np.array(cell.shape.centre))
        axis = (first - second) / np.linalg.norm(first - second)
        assert abs(axis @ [np.sin(cell.cell_axis), np.cos(cell.cell_axis)]) == pytest.approx(1)
        for pole in (first, second):
            row, column = (pole * cell.px_per_um - cell.canvas.origin_px).astype(int)
            assert cell.mask[row, column]
            assert not cell.nucleus[row, column]


def test_microtubules_fill_the_cytoplasm_and_spare_the_nucleus(cells):
    for cell in cells:
        tubules = cell.microtubules
        cytoplasm = cell.mask & (cell.nucleus_distance > 0.5)
        assert np.mean(tubules[cytoplasm] > 0.05) > 0.3
        assert tubules[cell.nucleus_distance < -1].mean() < 0.1 * tubules[cytoplasm].mean()


def test_microtubules_of_a_long_cell_run_along_it(cells_of_line):
    for cell in cells_of_line("spindly"):
        dy, dx = np.gradient(cell.microtubules)
        inside = cell.edge_distance > 1
        yy, xx, xy = (dy**2)[inside].mean(), (dx**2)[inside].mean(), (dy * dx)[inside].mean()
        across = 0.5 * np.arctan2(2 * xy, xx - yy)
        assert abs(np.cos(across - cell.cell_axis)) < 0.6


def test_a_structure_does_not_depend_on_what_was_looked_at_before(cells_of_line):
    (cell, *_) = cells_of_line("small")
    first, second = replace(cell), replace(cell)
    tubules = first.microtubules
    assert second.nucleoli is not None
    assert second.centrosome == first.centrosome
    assert np.array_equal(second.microtubules, tubules)
    assert np.array_equal(second.thickness, first.thickness)


def test_streams_are_the_cells_own(cells_of_line):
    (cell, *_) = cells_of_line("small")
    draws = [
        cell.random(Stream.CELL).random(),
        cell.random(Stream.CELL, 1).random(),
        cell.random(Stream.PROTEIN).random(),
        replace(cell, key=(*cell.key[:2], 99)).random(Stream.CELL).random(),
    ]
    assert len(set(draws)) == 4
    assert cell.random(Stream.CELL).random() == draws[0]


def test_a_cell_whose_nucleus_is_out_of_sight_still_has_distances(cells_of_line):
    (cell, *_) = cells_of_line("small")
    hidden = replace(cell, nucleus=np.zeros_like(cell.nucleus))
    y, x = hidden.canvas.offsets_from(cell.shape.centre)
    assert hidden.nucleus_distance.min() > 0
    assert np.corrcoef(hidden.nucleus_distance.ravel(), np.hypot(y, x).ravel())[0, 1] > 0.95
    for image in (hidden.thickness, hidden.microtubules):
        assert np.isfinite(image).all()
