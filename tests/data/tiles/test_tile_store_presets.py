"""Tile stores of the presets, each with tiles of its own size."""

import json
from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.tiles.cell_tiles import CellTiles
from data.tiles.preparation import TileSettings, measure_channels, read_prepared
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter
from tests.factories.tile_store import write_tile_store


@pytest.mark.parametrize(("preset", "size"), [("cell", 256), ("subcell", 448), ("subcell-640", 640)])
def test_preset_and_size_are_kept(tmp_path: Path, preset, size: int) -> None:
    tiles = np.random.default_rng(0).integers(0, 256, (3, 4, size, size), dtype=np.uint8)
    store = write_tile_store(tmp_path / "tiles.zarr", tiles, preset=preset)
    assert (store.preset, store.size) == (preset, size)
    np.testing.assert_array_equal(store.read([2, 0]), tiles[[2, 0]])
    assert store.cell_masks([1]).shape == store.nucleus_masks([1]).shape == (1, size, size)


def test_the_usual_store_says_nothing_of_a_preset_as_those_of_earlier_versions(tmp_path: Path) -> None:
    write_tile_store(tmp_path / "tiles.zarr", np.zeros((1, 4, 256, 256), np.uint8))
    attributes = json.loads((tmp_path / "tiles.zarr/zarr.json").read_text())["attributes"]
    assert attributes["tile_size"] == 256
    assert "preset" not in attributes


def test_shards_of_large_tiles_have_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 10)
    writer = TileWriter(tmp_path / "tiles.zarr", 8, "key", preset="subcell")
    writer.append(CellTiles.blank(4, 448))
    # 10 tiles of 256 px are as many pixels as 3 of 448 px.
    assert writer.rows_written == 3
    again = TileWriter(tmp_path / "tiles.zarr", 8, "key", preset="subcell")
    assert again.rows_written == 3
    again.append(CellTiles.blank(5, 448))
    again.finish()
    assert len(TileStore(tmp_path / "tiles.zarr")) == 8


def test_tiles_are_read_for_a_classifier_of_their_preset_only(tmp_path: Path) -> None:
    store = write_tile_store(tmp_path / "a.zarr", np.full((2, 4, 448, 448), 9, np.uint8), preset="subcell")
    taken = TileSettings(preset="subcell", size=448, channels=("red", "yellow", "blue", "green"))
    assert read_prepared(store, np.arange(2), taken).shape == (2, 448, 448, 4)
    for read in (read_prepared, measure_channels):
        with pytest.raises(InputError, match="tiles of the preset subcell, 448 px"):
            read(store, np.arange(2), TileSettings(size=448))
