"""Tiles of SubCell's presets, cut from segmented fields and from cells that other programs cut."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.ndimage import grey_dilation

from data.cells.cells_table import measure_cells, read_cells, write_cells
from data.cells.precropped.precropped_index import PrecroppedIndex
from data.channels import CHANNELS
from data.fields.image_folder import find_fields
from data.masks.label_image import write_label_image
from data.tiles.tile_store import TileStore
from pipeline.engines.local import LocalEngine
from stages.crops.paths import CropsInputs, CropsOutputs, PrecroppedInputs, PrecroppedOutputs
from stages.crops.run import run
from stages.crops.run_precropped import run as run_precropped
from stages.crops.settings import CropsSettings, PrecroppedSettings
from stages.stage import StageReport

ENGINE = LocalEngine(workers=2)


def draw(bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a field (4, 700, 800) of 8 or 16 bits, and its two cells, which touch."""
    random = np.random.default_rng(bits)
    coarse = random.integers(20, 250, (4, 70, 80), dtype=np.uint8).repeat(10, 1).repeat(10, 2)
    cells = np.zeros(coarse.shape[1:], np.uint16)
    cv2.ellipse(cells, (330, 350), (120, 180), 20, 0, 360, 1, -1)
    cv2.circle(cells, (560, 300), 140, 2, -1)
    return coarse.astype(np.uint16) * 257 if bits == 16 else coarse, cells


def write_field(folder: Path, bits: int = 8) -> tuple[np.ndarray, np.ndarray]:
    image, cells = draw(bits)
    (folder / "images").mkdir(parents=True)
    for name, plane in zip(CHANNELS, image, strict=True):
        cv2.imwrite(str(folder / f"images/a_{name}.png"), plane)
    for what in ("cells", "nuclei"):
        write_label_image(folder / f"masks/a_{what}.png", cells)
    write_cells(folder / "cells.parquet", measure_cells("a", cells, cells))
    return image, cells


def crop(folder: Path, pixel_size_um: float = 0.08, **settings: object) -> StageReport:
    inputs = CropsInputs(
        find_fields(folder / "images"),
        folder / "images",
        folder / "masks",
        folder / "cells.parquet",
        "key",
        {"a": pixel_size_um},
    )
    outputs = CropsOutputs(folder / "cells.parquet", folder / "tiles.zarr")
    return run(inputs, outputs, CropsSettings.model_validate(settings), ENGINE)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("neighbours", ["mask", "keep"])
def test_windows_of_a_field(tmp_path: Path, bits: int, neighbours: str) -> None:
    _, cells = write_field(tmp_path, bits)
    image = draw(8)[0] if bits == 8 else (draw(16)[0] // 257).astype(np.uint8)
    assert crop(tmp_path, preset="subcell", neighbours=neighbours).counts["kept"] == 2
    store = TileStore(tmp_path / "tiles.zarr", rows=2)
    assert (store.preset, store.size) == ("subcell", 448)
    for row in range(2):
        y, x = np.nonzero(cells == row + 1)
        top, left = (y.min() + y.max() + 1) // 2 + 448, (x.min() + x.max() + 1) // 2 + 448
        visible = grey_dilation((cells == row + 1).astype(np.uint8), size=7) > 0
        shown = image if neighbours == "keep" else np.where(visible, image, 0)
        window = np.pad(shown, ((0, 0), (896, 896), (896, 896)))[:, top : top + 896, left : left + 896]
        sums = window.astype(int).reshape(4, 448, 2, 448, 2).sum(axis=(2, 4))
        np.testing.assert_array_equal(store.read([row])[0], (sums + 2) // 4)


def test_drop_reasons_and_intensities_do_not_depend_on_the_preset(tmp_path: Path) -> None:
    write_field(tmp_path)
    crop(tmp_path)
    usual = read_cells(tmp_path / "cells.parquet")
    assert TileStore(tmp_path / "tiles.zarr").preset == "cell"
    crop(tmp_path, preset="subcell-640")
    assert TileStore(tmp_path / "tiles.zarr").size == 640
    assert read_cells(tmp_path / "cells.parquet").equals(usual)


def test_a_field_of_other_pixels_is_brought_to_scale(tmp_path: Path) -> None:
    _, cells = write_field(tmp_path)
    areas = []
    for pixel_size_um in (0.08, 0.16, 0.1):
        crop(tmp_path, pixel_size_um, preset="subcell", min_area_um2=0)
        areas.append(TileStore(tmp_path / "tiles.zarr").cell_masks([0, 1]).sum(axis=(1, 2)))
    px = np.bincount(cells.ravel())[1:]
    for found, size in zip(areas, (0.08, 0.16, 0.1), strict=True):
        assert found == pytest.approx(px * (size / 0.16) ** 2, rel=0.01)


def test_a_field_that_cannot_be_read_keeps_its_rows(tmp_path: Path) -> None:
    write_field(tmp_path)
    (tmp_path / "images/a_red.png").write_bytes(b"no picture")
    report = crop(tmp_path, preset="subcell")
    assert [failure.where for failure in report.failures] == ["a"]
    assert not TileStore(tmp_path / "tiles.zarr").read([0, 1]).any()


def write_crops(folder: Path) -> np.ndarray:
    """Write cell 1 of a field as HPACellSegmentatorPortable does: 1,024 px, mask widened by 7 x 7 px."""
    image, cells = draw(8)
    y, x = np.nonzero(cells == 1)
    top, left = (y.min() + y.max() + 1) // 2 + 512, (x.min() + x.max() + 1) // 2 + 512
    mask = grey_dilation((cells == 1).astype(np.uint8), size=7)
    planes = np.pad([*image, mask * 255], ((0, 0), (1024, 1024), (1024, 1024)))
    planes = planes[:, top : top + 1024, left : left + 1024]
    for name, plane in zip(CHANNELS, planes[:4], strict=True):
        cv2.imwrite(str(folder / f"p_cell1_crop_{name}.png"), plane)
        cv2.imwrite(str(folder / f"p_cell1_crop_masked_{name}.png"), plane * (planes[4] > 0))
    cv2.imwrite(str(folder / "p_cell1_mask.png"), planes[4])
    return planes


@pytest.mark.parametrize("index", ["ID,mask\np_cell1_crop,p_cell1_mask.png\n", "ID\np_cell1_crop_masked\n"])
def test_crops_of_1024_px(tmp_path: Path, index: str, caplog: pytest.LogCaptureFixture) -> None:
    planes = write_crops(tmp_path)
    (tmp_path / "index.csv").write_text(index)
    outputs = PrecroppedOutputs(
        tmp_path / "cells.parquet", tmp_path / "images.parquet", tmp_path / "tiles.zarr", None
    )
    inputs = PrecroppedInputs(PrecroppedIndex(tmp_path / "index.csv"), "key")
    settings = PrecroppedSettings(preset="subcell")
    assert not run_precropped(inputs, outputs, settings, ENGINE).failures
    assert "crops.pixel_size_um is not set" in caplog.text
    store = TileStore(tmp_path / "tiles.zarr")
    assert (store.preset, store.size) == ("subcell", 448)
    shown = np.where(planes[4] > 0, planes[:4], 0)[:, 64:-64, 64:-64]
    expected = (shown.astype(int).reshape(4, 448, 2, 448, 2).sum(axis=(2, 4)) + 2) // 4
    found = store.read([0])[0]
    if "mask.png" in index:
        np.testing.assert_array_equal(found, expected)
    else:
        # The mask is told from what is bright.
        assert (found != expected).mean() < 0.002
    caplog.clear()
    settings = settings.model_copy(update={"pixel_size_um": 0.16})
    run_precropped(inputs, outputs, settings, ENGINE)
    assert "pixel_size_um" not in caplog.text
    np.testing.assert_array_equal(store.read([0]).shape, (1, 4, 448, 448))
