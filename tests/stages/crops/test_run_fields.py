from pathlib import Path

import cv2
import numpy as np
import pytest

from data.cells.cells_table import read_cells
from data.channels import CHANNELS
from data.fields.image_folder import find_fields
from data.masks.rle import decode_mask
from data.tiles.tile_store import TileStore
from data.tiles.whole_field import shrink_field
from pipeline.engines.local import LocalEngine
from stages.crops.paths import CropsOutputs, FieldCropsInputs
from stages.crops.run_fields import run
from stages.crops.settings import FieldCropsSettings
from stages.stage import StageReport

SIZES = {"a": (60, 80), "b": (96, 96), "c": (40, 40)}


@pytest.fixture
def images(tmp_path: Path) -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    made = {}
    (tmp_path / "images").mkdir()
    for name, shape in SIZES.items():
        made[name] = random.integers(0, 256, (4, *shape), np.uint8)
        for channel, plane in zip(CHANNELS, made[name], strict=True):
            cv2.imwrite(str(tmp_path / "images" / f"{name}_{channel}.png"), plane)
    return made


def cut(folder: Path, channels: tuple[str, ...] = CHANNELS) -> StageReport:
    inputs = FieldCropsInputs(find_fields(folder / "images"), "key", channels)
    outputs = CropsOutputs(folder / "cells.parquet", folder / "tiles.zarr")
    return run(inputs, outputs, FieldCropsSettings(size=32), LocalEngine(workers=2))


def test_each_field_is_one_tile_and_one_row(tmp_path: Path, images: dict[str, np.ndarray]) -> None:
    report = cut(tmp_path)
    assert report.counts == {"fields": 3}
    store = TileStore(tmp_path / "tiles.zarr", rows=3)
    assert (store.preset, store.size) == ("field", 32)
    table = read_cells(tmp_path / "cells.parquet")
    assert table["image_id"].tolist() == ["a", "b", "c"]
    assert table["cell_id"].tolist() == [1, 1, 1]
    assert (table["dropped"] == "").all()
    assert table["image_hash"].str.len().tolist() == [64, 64, 64]
    for row, (name, image) in enumerate(images.items()):
        expected = shrink_field(image, 32)
        np.testing.assert_array_equal(store.read([row])[0], expected.tiles[0])
        np.testing.assert_array_equal(store.cell_masks([row])[0], expected.cell_masks[0])
        height, width = SIZES[name]
        assert decode_mask(table["rle"][row], height, width).all()
        assert table["area_px"][row] == height * width


def test_a_field_that_cannot_be_read_does_not_stop_the_others(
    tmp_path: Path, images: dict[str, np.ndarray]
) -> None:
    (tmp_path / "images" / "b_green.png").write_bytes(b"no picture")
    report = cut(tmp_path)
    assert [failure.where for failure in report.failures] == ["b"]
    table = read_cells(tmp_path / "cells.parquet")
    assert table["dropped"].tolist() == ["", "unreadable", ""]
    assert not TileStore(tmp_path / "tiles.zarr").read([1]).any()


def test_channels_that_are_left_out(tmp_path: Path, images: dict[str, np.ndarray]) -> None:
    cut(tmp_path, ("green", "blue"))
    store = TileStore(tmp_path / "tiles.zarr")
    assert store.channels == ("green", "blue")
    assert np.isnan(store.mean_intensities()[:, [0, 3]]).all()
