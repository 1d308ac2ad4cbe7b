from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.compare.agreement import compare_cells
from data.errors import InputError
from data.segmenter_training.targets import MAPS, make_targets
from data.simulate.field import FieldSettings, simulate_set_field
from data.simulate.geometry.cell_lines import CELL_LINES, CellLine
from models.segmenters.lite.cells import find_lite_cells

PIXEL_UM = 0.32


def maps_of(nuclei: np.ndarray, cells: np.ndarray) -> np.ndarray:
    return make_targets(nuclei, cells, np.ones(cells.shape, dtype=bool), PIXEL_UM).maps


def disk(shape: tuple[int, int], y: float, x: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return (rows - y) ** 2 + (columns - x) ** 2 < radius**2


def two_cells() -> tuple[np.ndarray, np.ndarray]:
    cells = np.zeros((90, 120), np.int32)
    cells[10:80, 10:60], cells[10:80, 60:110] = 1, 2
    nuclei = disk(cells.shape, 45, 35, 12) * 1 + disk(cells.shape, 45, 85, 12) * 2
    return nuclei.astype(np.int32), cells


@pytest.mark.parametrize("line", CELL_LINES, ids=lambda line: line.name)
def test_true_maps_give_the_true_cells(line: CellLine) -> None:
    field = simulate_set_field(1, FieldSettings(shape=(1024, 1024), seed=3), cell_line=line)
    nuclei, cells = (labels[::4, ::4].astype(np.int32) for labels in (field.nuclei, field.cells))
    found_nuclei, found = find_lite_cells(maps_of(nuclei, cells), PIXEL_UM)
    agreement = compare_cells(cells, found)
    # What is lost are slivers of nuclei at the border; a field of large cells has five.
    assert agreement.f1 > 0.85
    assert agreement.mean_iou > 0.9
    assert not ((found_nuclei > 0) & (found_nuclei != found)).any()


def test_cells_that_touch_are_parted_at_their_contact() -> None:
    nuclei, cells = two_cells()
    _, found = find_lite_cells(maps_of(nuclei, cells), PIXEL_UM)
    assert compare_cells(cells, found, 0.95).f1 == 1


def test_two_nuclei_that_touch_within_one_cell_are_one_cell() -> None:
    cells = np.zeros((90, 120), np.int32)
    cells[10:80, 10:110] = 1
    nuclei = (disk(cells.shape, 45, 50, 12) | disk(cells.shape, 45, 68, 12)).astype(np.int32)
    maps = maps_of(nuclei, cells)
    # The network is not sure that it is one nucleus: it sees two cores.
    maps[MAPS.index("core")][:, 57:62] = 0
    _, found = find_lite_cells(maps, PIXEL_UM)
    assert compare_cells(cells, found, 0.95).f1 == 1
    maps[MAPS.index("contact")][10:80, 58:61] = 1
    _, found = find_lite_cells(maps, PIXEL_UM)
    assert len(np.unique(found)) == 3


def test_a_setting_decides_whether_nuclei_that_touch_are_one_cell() -> None:
    cells = np.zeros((90, 120), np.int32)
    cells[10:80, 10:110] = 1
    nuclei = (disk(cells.shape, 45, 50, 12) | disk(cells.shape, 45, 68, 12)).astype(np.int32)
    maps = maps_of(nuclei, cells)
    maps[MAPS.index("core")][:, 57:62] = 0
    counts = {}
    for contact in (0.0, 1.0):
        maps[MAPS.index("contact")][10:80, 58:61] = contact
        for rule in ("auto", "join", "split"):
            _, found = find_lite_cells(maps, PIXEL_UM, rule)
            counts[contact, rule] = len(np.unique(found)) - 1
    assert [counts[0.0, rule] for rule in ("auto", "join", "split")] == [1, 1, 2]
    assert [counts[1.0, rule] for rule in ("auto", "join", "split")] == [2, 1, 2]


def test_nuclei_apart_are_cells_apart_even_without_a_contact() -> None:
    nuclei, cells = two_cells()
    maps = maps_of(nuclei, cells)
    maps[MAPS.index("contact")] = 0
    _, found = find_lite_cells(maps, PIXEL_UM)
    assert compare_cells(cells, found, 0.9).f1 == 1


def test_specks_and_cells_whose_nucleus_lies_beyond_the_field_are_left_out() -> None:
    nuclei, cells = two_cells()
    nuclei, cells = nuclei[:, :95], cells[:, :95]
    nuclei[nuclei == 2] = 0
    maps = maps_of(nuclei, cells)
    for name in ("nucleus", "core", "cell"):
        maps[MAPS.index(name)][0:4, 0:4] = 1
    _, found = find_lite_cells(maps, PIXEL_UM)
    assert compare_cells(np.where(cells == 1, 1, 0), found, 0.9).f1 == 1


def test_what_has_no_nucleus_within_the_field_belongs_to_its_neighbour() -> None:
    nuclei, cells = two_cells()
    nuclei[nuclei == 2] = 0
    _, found = find_lite_cells(maps_of(nuclei, cells), PIXEL_UM)
    assert compare_cells(np.minimum(cells, 1), found, 0.9).f1 == 1


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_constant_maps(value: float) -> None:
    nuclei, cells = find_lite_cells(np.full((5, 64, 96), value, np.float32), PIXEL_UM)
    assert nuclei.shape == cells.shape == (64, 96)
    assert len(np.unique(cells)) == 1


def test_more_nuclei_than_labels_are_refused() -> None:
    maps = np.zeros((5, 1056, 1056), np.float32)
    maps[:3, ::4, ::4] = 1
    with pytest.raises(InputError, match="at most 65535"):
        find_lite_cells(maps, pixel_um=6.0)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_any_maps_give_cells_with_nuclei_inside(seed: int) -> None:
    random = np.random.default_rng(seed)
    maps = np.kron(random.random((5, 8, 10)), np.ones((1, 8, 8))).astype(np.float32)
    nuclei, cells = find_lite_cells(maps, PIXEL_UM)
    assert set(np.unique(nuclei)) == set(np.unique(cells))
    assert not ((nuclei > 0) & (nuclei != cells)).any()


@settings(max_examples=10, deadline=None)
@given(first=st.integers(8, 30), second=st.integers(8, 30))
def test_many_cells_in_a_row_are_all_found(first: int, second: int) -> None:
    edges = np.cumsum([4, *([first + 12, second + 12] * 3)])
    cells = np.zeros((70, int(edges[-1]) + 4), np.int32)
    nuclei = np.zeros_like(cells)
    for number, (left, right) in enumerate(pairwise(edges), start=1):
        cells[6:64, left:right] = number
        nuclei[disk(cells.shape, 35, (left + right) / 2, 8)] = number
    _, found = find_lite_cells(maps_of(nuclei, cells), PIXEL_UM)
    assert compare_cells(cells, found, 0.8).f1 == 1
