from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import read_cells
from data.cells.precropped.precropped_index import PrecroppedIndex
from data.channels import CHANNELS
from data.fields.images_table import read_images
from data.labels.label_file import read_labels
from data.tiles.tile_store import TileStore
from pipeline.engines.local import LocalEngine
from stages.crops.paths import PrecroppedInputs, PrecroppedOutputs
from stages.crops.run_precropped import run
from stages.crops.settings import PrecroppedSettings
from stages.stage import StageReport

ENGINE = LocalEngine(workers=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A mosaic of four cells, 60, 50 and 10 px in radius and one all black."""
    y, x = np.mgrid[:200, :200]
    mosaic = np.zeros((4, 400, 400), np.uint8)
    for number, radius in enumerate((60, 50, 10)):
        cell = (y - 100) ** 2 + (x - 100) ** 2 < radius**2
        nucleus = (y - 100) ** 2 + (x - 100) ** 2 < (radius / 2) ** 2
        window = mosaic[:, 200 * (number // 2) :, 200 * (number % 2) :][:, :200, :200]
        window[:] = cell * np.array([40, 50 + 10 * number, 20, 60], np.uint8)[:, None, None]
        window[2][nucleus] = 150
    for channel, plane in zip(CHANNELS, mosaic, strict=True):
        cv2.imwrite(str(tmp_path / f"m_{channel}.png"), plane)
    rows = [f"m,{n},{200 * (n // 2)},{200 * (n % 2)},200,{n}" for n in range(4)]
    (tmp_path / "index.csv").write_text("\n".join(["mosaic,tile,y0,x0,size,label", *rows]))
    return tmp_path


def crop(folder: Path, key: str = "key", **settings: object) -> StageReport:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    outputs = PrecroppedOutputs(
        cells_path=work / "cells.parquet",
        images_table_path=work / "images.parquet",
        tiles_path=work / "tiles.zarr",
        labels_path=work / "labels.csv",
    )
    inputs = PrecroppedInputs(PrecroppedIndex(folder / "index.csv"), key)
    return run(inputs, outputs, PrecroppedSettings(**settings), ENGINE)


def test_tiles_tables_and_labels(folder: Path) -> None:
    report = crop(folder)
    assert report.counts == {"cells": 4, "kept": 3, "labelled": 4, "unreadable": 1}
    assert [(failure.where, failure.why) for failure in report.failures] == [
        ("m_3", "cell m_3: all black; expected a cell on a black ground")
    ]
    table = read_cells(folder / "work/cells.parquet")
    assert table["image_id"].tolist() == ["m_0", "m_1", "m_2", "m_3"]
    assert table["cell_id"].tolist() == [1] * 4
    assert table["dropped"].tolist() == ["", "", "", "unreadable"]
    assert table["area_px"].tolist()[:2] == pytest.approx([np.pi * 60**2, np.pi * 50**2], rel=0.02)
    assert table["nucleus_area_px"].iloc[0] == pytest.approx(np.pi * 30**2, rel=0.1)
    assert table["group"].tolist() == ["m"] * 4
    assert [len(text) for text in table["image_hash"]] == [64, 64, 64, 0]
    assert not table["touches_border"].any()
    assert read_images(folder / "work/images.parquet")["cells"].tolist() == [1, 1, 1, 0]
    assert read_labels(folder / "work/labels.csv") == {f"m_{n}": (n,) for n in range(4)}


def test_a_tile_is_the_square_around_the_cell(folder: Path) -> None:
    crop(folder)
    store = TileStore(folder / "work/tiles.zarr")
    masks = store.cell_masks(np.arange(4))
    tiles = store.read(np.arange(4))
    for row, level in enumerate((50, 60, 70)):
        assert masks[row].mean() == pytest.approx(np.pi / 4, abs=0.04)
        assert tiles[row, 1].max() == level
        assert tiles[row, :, 0, 0].max() == 0
    assert not masks[3].any()
    assert tiles[3].max() == 0


def test_the_area_filter_needs_a_pixel_size(folder: Path) -> None:
    # The smallest cell has 314 px, which are 8 um2 at 0.16 um.
    report = crop(folder, pixel_size_um=0.16)
    assert report.counts["too small"] == 1
    assert read_cells(folder / "work/cells.parquet")["dropped"].iloc[2] == "too small"


def test_a_mask_of_the_users(folder: Path) -> None:
    mask = np.zeros((200, 200), np.uint8)
    mask[90:110, 80:120] = 1
    cv2.imwrite(str(folder / "mask.png"), mask)
    cv2.imwrite(str(folder / "small.png"), mask[:50])
    index = pd.read_csv(folder / "index.csv")
    index["mask"] = ["mask.png", "small.png", "", ""]
    index.to_csv(folder / "index.csv", index=False)
    report = crop(folder)
    assert [failure.where for failure in report.failures] == ["m_1", "m_3"]
    assert "a mask of 200 x 50 px, 0 of them above 0" in report.failures[0].why
    row = read_cells(folder / "work/cells.parquet").iloc[0]
    assert row[["y0", "x0", "y1", "x1", "area_px"]].tolist() == [90, 80, 110, 120, 800]


def test_labels_of_an_earlier_index_go(folder: Path) -> None:
    crop(folder)
    pd.read_csv(folder / "index.csv").drop(columns="label").to_csv(folder / "index.csv", index=False)
    assert crop(folder, key="other").counts["labelled"] == 0
    assert not (folder / "work/labels.csv").exists()


def test_an_interrupted_run_is_gone_on_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 2)
    crop(folder)
    expected = TileStore(folder / "work/tiles.zarr").read(np.arange(4))
    table = read_cells(folder / "work/cells.parquet")
    with monkeypatch.context() as patch:
        patch.setattr("data.tiles.tile_writer.TileWriter.finish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            crop(folder, key="other")
    crop(folder, key="other")
    assert np.array_equal(TileStore(folder / "work/tiles.zarr").read(np.arange(4)), expected)
    pd.testing.assert_frame_equal(read_cells(folder / "work/cells.parquet"), table)


def interrupt(_: object) -> None:
    raise KeyboardInterrupt
