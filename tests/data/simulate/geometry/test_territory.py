import cv2
import numpy as np
import pytest
from scipy import ndimage

from data.simulate.geometry.territory import GRID_UM, Territory


@pytest.fixture(scope="module")
def territory():
    random = np.random.default_rng(2)
    noise = cv2.GaussianBlur(random.standard_normal((120, 90)), (0, 0), 9)
    cell = noise > 0
    return Territory((-3.0, 5.0), cell, cell & (noise > 0.02))


def test_distances_are_those_of_a_plain_search_to_the_last_bit(territory):
    edge = ndimage.distance_transform_edt(np.pad(territory.cell, 1))[1:-1, 1:-1]
    assert np.array_equal(territory.edge_distance, edge * GRID_UM)
    nucleus = ndimage.distance_transform_edt(~territory.nucleus)
    assert np.array_equal(territory.nucleus_distance, nucleus * GRID_UM)
    assert territory.cytoplasm_room.dtype == np.float64
    assert np.count_nonzero(territory.cytoplasm_room[~territory.cell]) == 0


def test_a_cell_without_a_nucleus_in_reach_has_far_to_go():
    empty = Territory((0.0, 0.0), np.ones((20, 30), bool), np.zeros((20, 30), bool))
    assert np.isfinite(empty.nucleus_distance).all()
    assert empty.nucleus_distance.min() > 10


def test_places_are_drawn_by_weight_and_looked_up_again(territory):
    weights = territory.edge_distance**2
    points = territory.sample(weights, 40_000, np.random.default_rng(1))
    assert points.shape == (40_000, 2)
    found = np.zeros(weights.shape)
    places = np.rint((points - territory.origin) / GRID_UM).astype(int)
    np.add.at(found, (places[:, 0], places[:, 1]), 1)
    expected = weights / weights.sum() * 40_000
    assert np.all(np.abs(found - expected) <= 6 * np.sqrt(expected) + 5)
    assert not found[weights == 0].any()
    assert np.all(territory.look_up(territory.edge_distance, points) > 0)
    assert territory.sample(np.zeros(weights.shape), 5, np.random.default_rng(1)).shape == (0, 2)
