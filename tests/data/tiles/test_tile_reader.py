import numpy as np
import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.tile_reader import index_channels, number_rows


def test_places_are_those_of_a_stored_tile_in_the_order_asked() -> None:
    assert index_channels(["yellow", "green"], ("green", "blue", "yellow"), "tiles") == [3, 1]
    assert index_channels(CHANNELS, CHANNELS, "tiles") == [0, 1, 2, 3]


def test_a_channel_that_the_images_lack_is_never_read_as_dark() -> None:
    with pytest.raises(InputError, match=r"work/tiles\.zarr: tiles without the channel red.*green, blue"):
        index_channels(["green", "red"], ("green", "blue"), "work/tiles.zarr")


@pytest.mark.parametrize("rows", [[2, 0, 2], np.array([2, 0, 2], np.uint8), (2, 0, 2)])
def test_numbers_of_rows_are_taken_in_their_order(rows) -> None:
    assert number_rows(rows, 3, "tiles").tolist() == [2, 0, 2]
    assert number_rows(rows, 3, "tiles").dtype == np.intp
    assert number_rows([], 0, "tiles").shape == (0,)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([True, False, True], r"tiles: rows as bool; .*0 to 2; give np\.flatnonzero"),
        ([0.0, 1.0], "rows as float64"),
        ([0, -1], "row -1; expected whole numbers of rows from 0 to 2"),
        ([0, 3], "row 3"),
    ],
)
def test_what_would_be_other_cells_is_refused(rows, told: str) -> None:
    with pytest.raises(InputError, match=told):
        number_rows(rows, 3, "tiles")
