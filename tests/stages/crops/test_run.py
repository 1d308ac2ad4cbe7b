import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import measure_cells, read_cells, write_cells
from data.cells.field_cells import FieldCells, write_field_cells
from data.cells.record_paths import field_cells_path
from data.channels import CHANNELS
from data.errors import InputError
from data.fields.duplicates.near_duplicates import hash_image
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.picture_files import record_files
from data.masks.label_image import write_label_image
from data.tiles.tile_store import TileStore
from pipeline.engines.local import LocalEngine
from stages.crops.paths import CropsInputs, CropsOutputs
from stages.crops.run import run
from stages.crops.settings import CropsSettings

ENGINE = LocalEngine(workers=2)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.tiles.tile_writer.SHARD_TILES", 4)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Three fields, each with a bright cell, a dark one, a tiny one and one cut by the border."""
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    tables = []
    for number, image_id in enumerate("abc"):
        cells = np.zeros((200, 240), np.uint16)
        cells[20:140, 15:115] = 1
        cells[20:140, 130:230] = 2
        cells[150:154, 20:24] = 3
        cells[145:200, 100:205] = 4
        nuclei = cells.copy()
        for channel, name in enumerate(CHANNELS):
            plane = np.full(cells.shape, 60 + 10 * channel + number, np.uint8)
            plane[cells == 2] = 1
            cv2.imwrite(str(images / f"{image_id}_{name}.png"), plane)
        write_label_image(masks / f"{image_id}_cells.png", cells)
        write_label_image(masks / f"{image_id}_nuclei.png", nuclei)
        tables.append(measure_cells(image_id, nuclei, cells))
    write_cells(tmp_path / "cells.parquet", pd.concat(tables, ignore_index=True))
    return tmp_path


def crop(
    work: Path,
    key: str = "key",
    pixel_size_um: float = 0.08,
    full_scale: int | None = None,
    **settings: object,
):
    inputs, outputs = paths_of(work, key, pixel_size_um)
    inputs = replace(inputs, fields=[replace(field, full_scale=full_scale) for field in inputs.fields])
    return run(inputs, outputs, CropsSettings(**settings), ENGINE)


def paths_of(work: Path, key: str, pixel_size_um: float = 0.08) -> tuple[CropsInputs, CropsOutputs]:
    images_dir, cells_path = work / "images", work / "cells.parquet"
    fields = find_fields(images_dir)
    sizes = {field.image_id: pixel_size_um for field in fields}
    inputs = CropsInputs(fields, images_dir, work / "masks", cells_path, key, sizes)
    return inputs, CropsOutputs(cells_path, work / "tiles.zarr")


def test_rows_tiles_and_reasons(work: Path) -> None:
    report = crop(work)
    assert report.counts == {"cells": 12, "kept": 3, "too dark": 3, "too small": 3, "cut by the border": 3}
    assert not report.failures
    table = read_cells(work / "cells.parquet")
    assert table["dropped"].tolist() == ["", "too dark", "too small", "cut by the border"] * 3
    assert table["mean_green"].tolist()[::4] == pytest.approx([70 / 255, 71 / 255, 72 / 255], abs=1e-6)
    store = TileStore(work / "tiles.zarr")
    image = np.stack([cv2.imread(str(work / f"images/b_{name}.png"), 0) for name in CHANNELS])
    assert table["image_hash"].tolist()[4:8] == [hash_image(image)] * 4
    assert not list(work.glob(".*"))
    tiles = store.read(np.array([0, 4, 8]))
    assert tiles.max(axis=(2, 3)).tolist() == [[60 + n, 70 + n, 80 + n, 90 + n] for n in range(3)]


def test_limits_follow_the_pixel_size(work: Path) -> None:
    # 16 px of 2 um are 64 um2, above the limit of 35.
    crop(work, pixel_size_um=2.0)
    assert "too small" not in set(read_cells(work / "cells.parquet")["dropped"])


def test_neighbours(work: Path) -> None:
    crop(work, neighbours="keep")
    tile = TileStore(work / "tiles.zarr").read(np.array([2]))[0]
    assert (tile[0] == 60).all()


def test_a_bad_field_keeps_its_rows_and_the_others_are_done(work: Path) -> None:
    (work / "images/b_green.png").unlink()
    report = crop(work)
    assert [failure.where for failure in report.failures] == ["b"]
    assert "no green channel" in report.failures[0].why
    table = read_cells(work / "cells.parquet")
    assert table["dropped"].tolist()[4:8] == ["unreadable"] * 4
    assert table["image_hash"].tolist()[4:8] == [""] * 4
    tiles = TileStore(work / "tiles.zarr").read(np.arange(12))
    assert tiles[4:8].max() == 0
    assert tiles[8].max() > 0


def test_an_image_of_another_size_than_its_masks(work: Path) -> None:
    for name in CHANNELS:
        cv2.imwrite(str(work / f"images/c_{name}.png"), np.zeros((100, 100), np.uint8))
    report = crop(work)
    assert "but its masks are (200, 240)" in report.failures[0].why


def test_a_field_that_is_gone(work: Path) -> None:
    for path in (work / "images").glob("a_*"):
        path.unlink()
    with pytest.raises(InputError, match="no field a, whose cells are in the cells table"):
        crop(work)


def test_an_interrupted_run_is_gone_on_with(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crop(work)
    expected = TileStore(work / "tiles.zarr").read(np.arange(12))
    table = read_cells(work / "cells.parquet")

    read = []
    real = Field.read

    def interrupted(field: Field, *arguments: object) -> np.ndarray:
        read.append(field.image_id)
        if len(read) == 3:
            raise KeyboardInterrupt
        return real(field, *arguments)

    monkeypatch.setattr(Field, "read", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(*paths_of(work, "other"), CropsSettings(), LocalEngine(workers=1))
    crop(work, key="other")
    # The two fields whose shards were written before the interrupt are not read again.
    assert read == ["a", "b", "c", "c"]
    assert np.array_equal(TileStore(work / "tiles.zarr").read(np.arange(12)), expected)
    pd.testing.assert_frame_equal(read_cells(work / "cells.parquet"), table)


def test_12_bit_images(work: Path) -> None:
    for name in CHANNELS:
        path = str(work / f"images/a_{name}.png")
        cv2.imwrite(path, cv2.imread(path, cv2.IMREAD_UNCHANGED).astype(np.uint16) * 16)
    crop(work, full_scale=65535)
    assert read_cells(work / "cells.parquet")["dropped"].iloc[0] == ""
    dark = TileStore(work / "tiles.zarr").read(np.array([0])).max()
    crop(work, key="12 bit", full_scale=4095)
    assert TileStore(work / "tiles.zarr").read(np.array([0])).max() > 10 * dark


def test_pictures_that_are_others_than_the_segmented_ones(work: Path) -> None:
    for field in find_fields(work / "images"):
        cells = FieldCells(
            "key", 200, 240, read_cells(work / "cells.parquet"), pictures=record_files(field, ["blue"])
        )
        write_field_cells(field_cells_path(work / "masks", field.image_id), cells)
    shutil.copytree(work / "images", work / "moved")
    shutil.rmtree(work / "images")
    shutil.move(work / "moved", work / "images")
    assert not crop(work).failures
    path = work / "images/b_blue.png"
    cv2.imwrite(str(path), 255 - cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
    report = crop(work, key="other")
    assert [failure.where for failure in report.failures] == ["b"]
    assert "not the blue picture that was segmented" in report.failures[0].why
    table = read_cells(work / "cells.parquet")
    assert set(table.loc[table["dropped"] == "unreadable", "image_id"]) == {"b"}
