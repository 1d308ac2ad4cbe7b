import numpy as np
import pytest

from data.features.cell_profile.cell_profile import Block, measure_block, measure_cell
from data.tiles.tile_store import TileStore


def test_one_cell_has_all_groups_of_features(cell) -> None:
    measured = measure_cell(*cell, np.array([4000.0, 1000.0]))
    assert measured["area"] == 4000
    assert measured["nucleus share"] == 0.25
    names = ("solidity", "mean green", "correlation green blue", "contrast yellow", "green ring 4 of 4")
    assert set(names) <= set(measured)
    assert np.isfinite(list(measured.values())).all()


def test_a_cell_without_a_pixel_has_none(cell) -> None:
    tile, mask, nucleus = cell
    areas = np.zeros(2)
    measured = measure_cell(tile, np.zeros_like(mask), nucleus, areas)
    assert list(measured) == list(measure_cell(tile, mask, nucleus, areas))
    assert np.isnan(list(measured.values())).all()


def test_rows_of_a_store(random_tiles) -> None:
    store, rows = TileStore(random_tiles), np.array([5, 2])
    table = measure_block(Block(random_tiles, rows, np.array([[10.0, 2.0], [20.0, 5.0]])))
    assert table["area"].tolist() == [10, 20]
    tiles = store.read(rows)
    for place, tile in enumerate(tiles):
        assert table["mean blue"][place] == pytest.approx(tile[2].mean() / 255)
