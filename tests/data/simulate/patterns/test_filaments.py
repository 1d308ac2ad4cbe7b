import numpy as np
import pytest

from data.simulate.geometry.territory import GRID_UM, Territory
from data.simulate.patterns.filaments import STEP_UM, grow_filaments, trace


@pytest.fixture(scope="module")
def disc():
    """A round cell of 12 um radius with its nucleus in the middle; the centre is at 20, 20."""
    y, x = np.mgrid[0:126, 0:126] * GRID_UM - 20.0
    distance = np.hypot(y, x)
    return Territory((0.0, 0.0), distance < 12.0, distance < 4.0)


def grow(territory, count=200, wander=0.1, steps=30):
    random = np.random.default_rng(4)
    starts = territory.sample((territory.cytoplasm_room > 1.0).astype(float), count, random)
    headings = random.uniform(0, 2 * np.pi, count)
    return grow_filaments(
        territory, territory.cytoplasm_room, starts, headings, steps, wander=wander, random=random
    )


def test_filaments_grow_in_equal_steps(disc):
    points, alive = grow(disc)
    assert points.shape == (200, 31, 2)
    assert alive.shape == (200, 31)
    steps = np.hypot(*np.moveaxis(np.diff(points, axis=1), -1, 0))
    assert steps == pytest.approx(STEP_UM, abs=1e-6)


def test_they_turn_along_the_edge_and_live_only_where_there_is_room(disc):
    points, alive = grow(disc)
    room = disc.look_up(disc.cytoplasm_room, points)
    assert np.all(room[alive][1:] > 0)
    assert not np.any(alive[:, 1:] & ~alive[:, :-1])
    # Straight on, half of them would be out of the cell after 15 um; turning keeps most of them in.
    assert np.mean(alive[:, -1]) > 0.6


def test_a_filament_that_does_not_wander_runs_straight_in_the_open():
    open_ground = Territory((0.0, 0.0), np.ones((200, 200), bool), np.zeros((200, 200), bool))
    starts, headings = np.array([[30.0, 30.0]]), np.array([0.3])
    points, _ = grow_filaments(
        open_ground,
        np.full((200, 200), 50.0),
        starts,
        headings,
        20,
        wander=0.0,
        random=np.random.default_rng(0),
    )
    expected = 30.0 + 10.0 * np.array([np.sin(0.3), np.cos(0.3)])
    assert points[0, -1] == pytest.approx(expected, abs=1e-6)


def test_a_trace_is_as_bright_a_pixel_as_its_filament():
    points = np.array([[[0.0, 0.0], [0.0, 4.0], [3.0, 4.0]]])
    dense, weights = trace(points, np.full((1, 3), 0.5), px_per_um=10.0)
    assert weights.sum() == pytest.approx(0.5 * 70.0)
    assert dense.shape[:-1] == weights.shape
    assert trace(np.empty((0, 5, 2)), np.empty((0, 5)), 10.0)[0].shape == (0, 2)
