import numpy as np
import pytest

from data.errors import InputError
from data.tiles.joined_tiles import JoinedTiles
from tests.factories.tile_store import write_tile_store


@pytest.fixture
def stores(tmp_path):
    random = np.random.default_rng(2)
    made = []
    for name, count in (("first", 3), ("second", 4)):
        tiles = random.integers(0, 255, (count, 4, 256, 256), np.uint8)
        masks = random.random((count, 256, 256)) > 0.5
        made.append(write_tile_store(tmp_path / name, tiles, masks, ~masks))
    return made


def test_rows_count_on_from_store_to_store(stores) -> None:
    joined = JoinedTiles(stores, ["a", "b"])
    assert len(joined) == 7
    for rows in ([6, 0, 3, 2, 0], [1], [5, 4], []):
        asked = np.array(rows, int)
        for name in ("cell_masks", "nucleus_masks"):
            both = np.concatenate([getattr(store, name)(np.arange(len(store))) for store in stores])
            np.testing.assert_array_equal(getattr(joined, name)(asked), both[asked])
        both = np.concatenate([store.read(np.arange(len(store)), ["green", "red"]) for store in stores])
        np.testing.assert_array_equal(joined.read(asked, ["green", "red"]), both[asked])
    assert joined.mean_intensities().shape == (7, 4)
    for rows in ([-1], [7], [True] * 7):
        with pytest.raises(InputError, match="a, b: row.* from 0 to 6"):
            joined.read(rows)
    assert (joined.size, joined.preset, joined.channels) == (256, "cell", stores[0].channels)


def test_tiles_that_differ_are_refused(stores, tmp_path) -> None:
    other = write_tile_store(tmp_path / "other", np.zeros((1, 4, 448, 448), np.uint8), preset="subcell")
    with pytest.raises(
        InputError, match=r"there: tiles of 448 px, preset subcell.*expected 256 px.*as in here"
    ):
        JoinedTiles([stores[0], other], ["here", "there"])
