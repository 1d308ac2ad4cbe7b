import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.tile_reader import index_channels


def test_places_are_those_of_a_stored_tile_in_the_order_asked() -> None:
    assert index_channels(["yellow", "green"], ("green", "blue", "yellow"), "tiles") == [3, 1]
    assert index_channels(CHANNELS, CHANNELS, "tiles") == [0, 1, 2, 3]


def test_a_channel_that_the_images_lack_is_never_read_as_dark() -> None:
    with pytest.raises(InputError, match=r"work/tiles\.zarr: tiles without the channel red.*green, blue"):
        index_channels(["green", "red"], ("green", "blue"), "work/tiles.zarr")
