from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from data.channels import CHANNELS
from data.tiles.cell_tiles import TILE_SIZE
from data.tiles.preparation import (
    TileSettings,
    crop_tiles,
    measure_channels,
    prepare_tiles,
    read_prepared,
)
from data.tiles.tile_store import TileStore
from tests.factories.tile_store import write_tile_store


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


@pytest.fixture
def store(tmp_path: Path, tiles: np.ndarray, masks: np.ndarray) -> TileStore:
    nuclei = np.zeros_like(masks)
    nuclei[:, 96:160, 96:160] = True
    return write_tile_store(tmp_path / "masked.zarr", tiles, masks, nuclei)


@pytest.mark.parametrize("stretch", ["none", "reference", "all"])
@pytest.mark.parametrize("mask_neighbours", [False, True])
def test_masks_as_channels_are_never_brightened(
    store: TileStore, masks: np.ndarray, stretch: str, mask_neighbours: bool
) -> None:
    channels = ("nucleus_mask", "green", "cell_mask", "red")
    chosen = {"channels": channels, "stretch": stretch, "mask_neighbours": mask_neighbours}
    rows = np.array([2, 0])
    prepared = read_prepared(store, rows, TileSettings.model_validate(chosen))
    np.testing.assert_array_equal(prepared[..., 0], 255 * store.nucleus_masks(rows))
    np.testing.assert_array_equal(prepared[..., 2], 255 * masks[rows])
    stains = chosen | {"channels": ("green", "red")}
    alone = read_prepared(store, rows, TileSettings.model_validate(stains))
    np.testing.assert_array_equal(prepared[..., [1, 3]], alone)


@pytest.mark.parametrize("size", [64, 256, 300])
def test_masks_alone_at_any_size(store: TileStore, size: int) -> None:
    settings = TileSettings(size=size, channels=("cell_mask", "nucleus_mask"))
    prepared = read_prepared(store, np.arange(3), settings)
    assert prepared.shape == (3, size, size, 2)
    assert (prepared[:, size // 2, size // 2] == 255).all()
    assert (prepared[:, 2, 2] == 0).all()
    assert (prepared > 127).mean(axis=(0, 1, 2)).tolist() == pytest.approx([1 / 4, 1 / 16], rel=0.03)


def test_measures_of_masks(store: TileStore) -> None:
    settings = TileSettings(channels=("cell_mask", "blue"))
    mean, deviation = measure_channels(store, np.arange(3), settings)
    assert (mean[0], deviation[0]) == (0.5, 0.5)
    alone = measure_channels(store, np.arange(3), TileSettings(channels=("blue",)))
    assert (mean[1], deviation[1]) == pytest.approx((alone[0][0], alone[1][0]))


def test_crops_at_the_centre_and_at_random() -> None:
    y, x = np.mgrid[:64, :64]
    tiles = np.stack([np.stack([y, x], axis=-1)] * 40).astype(np.uint8)
    settings = TileSettings(size=64, crop=40, channels=("red", "green"))
    centre = crop_tiles(tiles, settings)
    np.testing.assert_array_equal(centre, tiles[:, 12:52, 12:52])
    cropped = crop_tiles(tiles, settings, range(40))
    places = cropped[:, 0, 0]
    assert len(np.unique(places, axis=0)) > 30
    assert places.min() < 3
    assert 20 < places.max() <= 24
    for tile, (top, left) in zip(cropped, places, strict=True):
        np.testing.assert_array_equal(tile, tiles[0, top : top + 40, left : left + 40])
    np.testing.assert_array_equal(crop_tiles(tiles[5:7], settings, [5, 6]), cropped[5:7])
    np.testing.assert_array_equal(crop_tiles(tiles, TileSettings(size=64), range(40)), tiles)


def test_the_side_that_is_seen() -> None:
    assert TileSettings(size=64).side == 64
    assert TileSettings(size=768, crop=512).side == 512
    for crop in (65, 8):
        with pytest.raises(ValidationError, match=r"crop = \d+ must be 0, or from 16 to size \(64\)"):
            TileSettings(size=64, crop=crop)


def test_from_the_store(tmp_path: Path, tiles: np.ndarray, masks: np.ndarray) -> None:
    tiles = tiles.copy()
    tiles[:, :, :64] = 250
    store = write_tile_store(tmp_path / "tiles.zarr", tiles, masks)
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
