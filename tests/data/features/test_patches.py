import cv2
import numpy as np
import pytest

from data.features.patches import Box, MapGrid, Reach, choose_neurons, find_most_exciting
from data.plots.patches import Patch, draw_patches
from data.tiles.preparation import TileSettings


def test_places_of_a_map_in_the_tile() -> None:
    grid = MapGrid(4, 4, Reach(20, 12), TileSettings(size=64))
    # A place is 16 px of 64, so 64 px of 256.
    assert grid.place_box(0) == Box(0, 0, 64, 64)
    assert grid.place_box(6) == Box(64, 128, 128, 192)
    # The middle of the place in row 1, column 2 is y = 24, x = 40 of 64.
    assert grid.field_box(6) == Box(16, 80, 144, 208)
    assert grid.field_box(0) == Box(0, 0, 80, 80)
    assert grid.field_px == 32
    assert not grid.whole


def test_a_field_as_large_as_the_tile() -> None:
    grid = MapGrid(2, 2, Reach(64, 64), TileSettings(size=64))
    assert grid.whole
    assert grid.field_px == 64
    assert {grid.field_box(place) for place in range(4)} == {Box(0, 0, 256, 256)}


def test_the_centre_that_a_classifier_crops() -> None:
    grid = MapGrid(2, 2, Reach(32, 32), TileSettings(size=128, crop=64))
    assert grid.place_box(3) == Box(128, 128, 192, 192)
    assert grid.field_box(0) == Box(64, 64, 192, 192)


def test_most_exciting_cells_and_chosen_neurons() -> None:
    peaks = np.array([[0.0, 5.0], [3.0, 5.1], [2.0, 5.0], [9.0, 4.9]])
    means = np.array([[0.0, 1.0], [0.0, 0.0], [0.0, 2.0], [0.0, 9.0]])
    assert find_most_exciting(peaks, means, 0, 3).tolist() == [3, 1, 2]
    assert find_most_exciting(peaks, means, 1, 4).tolist() == [1, 2, 0, 3]
    assert choose_neurons(np.array([0.1, 0.7]), peaks, 5).tolist() == [1, 0]
    assert choose_neurons(None, peaks, 1).tolist() == [0]


@pytest.mark.parametrize("frame", [None, Box(0, 64, 64, 128)])
def test_a_picture(tmp_path, frame: Box | None) -> None:
    tile = np.zeros((4, 256, 256), np.uint8)
    tile[1, :128], tile[2, 128:] = 255, 255
    patch = Patch(tile, Box(0, 0, 128, 128), frame, "3.2  " + "Nucleoplasm" * 9)
    path = tmp_path / "patches.png"
    draw_patches(path, [("channel\n3", [patch, patch]), ("channel\n4", [patch])])
    picture = cv2.imread(str(path))
    assert picture is not None
    # Green of the composite and white of the protein alone; the nucleus, in blue, is cut off.
    assert (picture == (0, 255, 0)).all(axis=2).any()
    assert not (picture == (255, 0, 0)).all(axis=2).any()
