"""Cells of fields that lack channels."""

from typing import NamedTuple

import numpy as np
import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.tiles.field_tiles import crop_cells


class Found(NamedTuple):
    """Label images of one cell with its nucleus."""

    nuclei: np.ndarray
    cells: np.ndarray
    pixel_size_um: float = 0.08


@pytest.fixture
def found() -> Found:
    cells = np.zeros((300, 320), np.uint16)
    cells[20:270, 30:290] = 1
    nuclei = np.zeros_like(cells)
    nuclei[100:180, 120:200] = 1
    return Found(nuclei, cells)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(20, 200, (4, 300, 320), dtype=np.uint8)


@pytest.mark.parametrize(
    "channels", [("green", "blue"), ("yellow", "blue", "green"), ("red", "green", "blue")]
)
def test_the_channels_that_are_there_are_cut_as_from_the_whole_image(image, found, channels) -> None:
    whole = crop_cells(image, found)
    fewer = crop_cells(image[[CHANNELS.index(channel) for channel in channels]], found, channels=channels)
    assert fewer.channels == tuple(channel for channel in CHANNELS if channel in channels)
    np.testing.assert_array_equal(fewer.read([0], channels), whole.read([0], channels))
    np.testing.assert_array_equal(fewer.read([0]), whole.read([0], fewer.channels))
    assert fewer.table["dropped"].tolist() == [""]
    for channel in CHANNELS:
        mean = fewer.table[f"mean_{channel}"][0]
        if channel in channels:
            assert mean == whole.table[f"mean_{channel}"][0]
        else:
            assert np.isnan(mean)


def test_a_channel_that_is_not_there_cannot_be_read(image, found) -> None:
    cut = crop_cells(image[1:3], found, channels=("green", "blue"))
    with pytest.raises(InputError, match="tiles of a field: tiles without the channel red"):
        cut.read([0], CHANNELS)


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        (("red", "blue"), r"no green \(protein\) channel"),
        (("green", "red"), r"no blue \(nucleus\) channel"),
        (("green", "green"), "each of red, green, blue, yellow at most once"),
        (("green", "pink"), "each of red, green, blue, yellow at most once"),
        (("green", "blue", "red"), r"an image of shape \(2, 300, 320\)"),
    ],
)
def test_channels_that_say_nothing_of_the_planes(image, found, channels, told: str) -> None:
    with pytest.raises(InputError, match=told):
        crop_cells(image[:2], found, channels=channels)


def test_an_image_may_be_a_list_of_planes_and_rows_are_those_of_cells(image, found) -> None:
    tiles = crop_cells(list(image), found)  # type: ignore[arg-type]
    assert np.array_equal(tiles.read([0]), crop_cells(image, found).read([0]))
    for read in (tiles.read, tiles.cell_masks, tiles.nucleus_masks):
        for rows in ([True], [1], [-1]):
            with pytest.raises(InputError, match="tiles of a field: row"):
                read(rows)
