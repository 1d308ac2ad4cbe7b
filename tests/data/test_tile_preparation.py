from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from data.cell_tiles import TILE_SIZE, CellTiles
from data.channels import CHANNELS
from data.tile_preparation import TileSettings, measure_channels, prepare_tiles, read_prepared
from data.tiles import TileStore, TileWriter


@pytest.fixture
def masks() -> np.ndarray:
    masks = np.zeros((3, TILE_SIZE, TILE_SIZE), bool)
    masks[:, 64:192, 64:192] = True
    return masks


@pytest.fixture
def tiles() -> np.ndarray:
    """Each tile and channel of one grey value: 10 * (tile + 1) + channel."""
    values = 10 * np.arange(1, 4)[:, None] + np.arange(4)
    return np.broadcast_to(values[..., None, None], (3, 4, TILE_SIZE, TILE_SIZE)).astype(np.uint8)


@pytest.mark.parametrize("size", [32, 128, 256, 300])
def test_channels_come_last_and_keep_their_values_at_any_size(tiles: np.ndarray, size: int) -> None:
    prepared = prepare_tiles(tiles, None, TileSettings(size=size))
    assert (prepared.shape, prepared.dtype) == ((3, size, size, 4), np.uint8)
    np.testing.assert_array_equal(prepared[:, size // 2, size // 3], tiles[:, :, 0, 0])


def test_full_size_is_left_as_it_is() -> None:
    tiles = np.random.default_rng(1).integers(0, 256, (2, 4, TILE_SIZE, TILE_SIZE), dtype=np.uint8)
    np.testing.assert_array_equal(prepare_tiles(tiles, None, TileSettings()), tiles.transpose(0, 2, 3, 1))


def test_shrinking_averages() -> None:
    tile = np.zeros((1, 1, TILE_SIZE, TILE_SIZE), np.uint8)
    tile[..., ::2] = 200
    prepared = prepare_tiles(tile, None, TileSettings(size=128, channels=("green",)))
    np.testing.assert_array_equal(prepared, np.full((1, 128, 128, 1), 100, np.uint8))


def test_neighbours_are_blacked_out(tiles: np.ndarray, masks: np.ndarray) -> None:
    prepared = prepare_tiles(tiles, masks, TileSettings(mask_neighbours=True))
    np.testing.assert_array_equal(prepared.any(axis=3), masks)


def test_stretching_brightens_by_what_the_cell_itself_shows(tiles: np.ndarray, masks: np.ndarray) -> None:
    tiles = tiles.copy()
    tiles[:, :, :20] = 255
    dim = np.full_like(tiles, 1)
    stretched = prepare_tiles(tiles, masks, TileSettings(stretch="all"))
    gains = stretched[:, 128, 128] / tiles[:, :, 128, 128]
    expected = np.minimum(255 / tiles[:, :, 128, 128], 8)
    np.testing.assert_allclose(gains, expected, atol=0.06)
    assert prepare_tiles(dim, masks, TileSettings(stretch="all")).max() == 8


def test_stretching_the_reference_leaves_the_protein(tiles: np.ndarray, masks: np.ndarray) -> None:
    settings = TileSettings(stretch="reference", channels=("green", "blue"))
    stretched = prepare_tiles(tiles[:, 1:3], masks, settings)
    np.testing.assert_array_equal(stretched[:, 128, 128, 0], tiles[:, 1, 128, 128])
    assert (stretched[:, 128, 128, 1] > 2 * tiles[:, 2, 128, 128]).all()


def test_an_empty_mask_stretches_nothing(tiles: np.ndarray, masks: np.ndarray) -> None:
    prepared = prepare_tiles(tiles, np.zeros_like(masks), TileSettings(stretch="all"))
    np.testing.assert_array_equal(prepared, tiles.transpose(0, 2, 3, 1))


def test_a_channel_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="twice"):
        TileSettings(channels=("green", "green"))


def test_from_the_store(tmp_path: Path, tiles: np.ndarray, masks: np.ndarray) -> None:
    tiles = tiles.copy()
    tiles[:, :, :64] = 250
    writer = TileWriter(tmp_path / "tiles.zarr", 3, "key")
    writer.append(CellTiles(tiles, masks, masks, np.zeros((3, 4), np.float32)))
    writer.finish()
    store = TileStore(tmp_path / "tiles.zarr")
    settings = TileSettings(size=64, channels=("blue", "red"), mask_neighbours=True)
    prepared = read_prepared(store, np.array([2, 0]), settings)
    np.testing.assert_array_equal(prepared[:, 32, 32], [[32, 30], [12, 10]])
    np.testing.assert_array_equal(prepared[:, 4, 4], 0)
    mean, deviation = measure_channels(store, np.arange(3), TileSettings())
    inside = tiles[:, :, 128, 128] / 255
    np.testing.assert_allclose(mean, inside.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(deviation, inside.std(axis=0), rtol=1e-6)
    np.testing.assert_allclose(measure_channels(store, np.arange(1), TileSettings())[1], 0.01)
    assert len(mean) == len(CHANNELS)
