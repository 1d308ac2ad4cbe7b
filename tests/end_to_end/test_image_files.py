"""Files as microscopes and converters write them, through the command line."""

import gzip
import io
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile

from data.channels import CHANNELS

MEANS = [f"mean_{channel}" for channel in CHANNELS]


@pytest.fixture(scope="module")
def field(simulated: Path) -> dict[str, np.ndarray]:
    """Return the channels of one simulated field, 8 bit, 768 px of 0.08 um."""
    return {
        channel: cv2.imread(str(simulated / f"sim-11-00001_{channel}.png"), cv2.IMREAD_UNCHANGED)
        for channel in CHANNELS
    }


@pytest.fixture
def images(field: dict[str, np.ndarray], tmp_path: Path) -> Path:
    """The same field in 8 bit, in 12 bit with pixels of twice the size, and packed in another colour."""
    folder = tmp_path / "images"
    folder.mkdir()
    for channel, plane in field.items():
        cv2.imwrite(str(folder / f"plain_{channel}.png"), plane)
        half = cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        metadata = {"PhysicalSizeX": 160, "PhysicalSizeY": 160, "SignificantBits": 12}
        metadata |= {f"PhysicalSize{axis}Unit": "nm" for axis in "XY"}
        tifffile.imwrite(
            folder / f"half_{channel}.ome.tif", half.astype(np.uint16) * 16, ome=True, metadata=metadata
        )
        memory = io.BytesIO()
        tifffile.imwrite(memory, plane[..., None] * np.array([1, 0, 1], np.uint8), photometric="rgb")
        (folder / f"packed_{channel}.TIF.GZ").write_bytes(gzip.compress(memory.getvalue()))
    return folder


@pytest.mark.slow
def test_the_same_cells_whatever_the_files(hpacells, images: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    told = hpacells("segment", images, "--work", work, "--segmenter", "classical").stderr
    assert told.count("white of the 16-bit files is 4095 (12 bits, as files state") == 1
    assert "pixel size 0.16 um in field half (OME-XML)" in told
    assert "pixel size 0.08 um is assumed for 2 fields (packed, plain)" in told
    table = pd.read_parquet(work / "images.parquet").set_index("image_id")
    assert table["pixel_size_um"].to_dict() == {"half": 0.16, "packed": 0.08, "plain": 0.08}
    assert table.loc["plain", "cells"] == table.loc["packed", "cells"] > 3
    assert abs(table.loc["half", "cells"] - table.loc["plain", "cells"]) <= 1
    hpacells("crops", images, "--work", work)
    cells = pd.read_parquet(work / "cells.parquet")
    means = cells.groupby("image_id")[MEANS].mean()
    assert np.allclose(means.loc["packed"], means.loc["plain"])
    assert np.allclose(means.loc["half"], means.loc["plain"], rtol=0.1)
    # Each field has the limit of its own pixel size: none of the cells of the half is too small.
    assert (cells["dropped"] == "too small").groupby(cells["image_id"]).sum().nunique() == 1


def test_a_setting_beside_another_size_in_the_file(hpacells, images: Path, tmp_path: Path) -> None:
    options = ("--work", tmp_path / "work", "--segmenter", "classical", "--set", "segment.pixel_size_um=0.08")
    told = hpacells("segment", images, *options).stderr
    assert "warning: pixel size 0.08 um, as segment.pixel_size_um says" in told
    assert "the files of field half state 0.16 um (OME-XML)" in told
    assert "plain" not in told.replace("packed, plain", "")


def test_a_field_without_cells_says_why(hpacells, images: Path, tmp_path: Path) -> None:
    for channel in CHANNELS:
        noise = np.random.default_rng(0).normal(9, 1.5, (768, 768))
        cv2.imwrite(str(images / f"empty_{channel}.png"), noise.astype(np.uint8))
    options = ("--work", tmp_path / "work", "--segmenter", "classical", "--set", "segment.pixel_size_um=0.02")
    told = hpacells("segment", images, *options).stderr
    assert "4 fields without cells" in told
    assert "warning: no cell was found in 3 fields (half, packed, plain)" in told
    assert "the pixel size (0.02 um was used; --set segment.pixel_size_um=...)" in told


@pytest.mark.slow
def test_stacks_are_refused_until_a_slice_is_chosen(
    hpacells, field: dict[str, np.ndarray], tmp_path: Path
) -> None:
    images, work = tmp_path / "images", tmp_path / "work"
    images.mkdir()
    for channel, plane in field.items():
        stack = np.stack([plane // 5, plane, plane // 5])
        tifffile.imwrite(images / f"a_{channel}.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    options = ("--work", work, "--segmenter", "classical")
    assert "a stack of 3 slices" in hpacells("segment", images, *options, status=2).stderr
    hpacells("segment", images, *options, "--set", "images.z=sharpest")
    hpacells("crops", images, "--work", work)
    means = pd.read_parquet(work / "cells.parquet")[MEANS].mean()
    assert (means > 0.05).all()
