"""Files of several channels, positions and slices come out as the same planes saved as PNG files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.fields.image_folder import find_fields
from data.images.image_file import write_plane
from data.tiles.tile_store import TileStore
from tests.factories.images.microscope_files import (
    STAINS,
    write_czi,
    write_lif,
    write_ome_tiff,
    write_ome_zarr,
    write_plate,
)

MICROSCOPE_UM = 0.08
IDS = ("one", "two")


@pytest.fixture(scope="module")
def positions(simulated: Path) -> np.ndarray:
    """Two fields (position, channel, row, column) as uint16, whose white is that of 12 bits."""
    fields = [field.read(STAINS)[:, :512, :512] for field in find_fields(simulated)[:2]]
    planes = np.stack(fields).astype(np.float64)
    return np.rint(planes / planes.max() * 4095).astype(np.uint16)


@pytest.fixture(scope="module")
def stacks(positions: np.ndarray) -> np.ndarray:
    """The fields as stacks (position, slice, channel, row, column) of which slice 2 is in focus."""
    share = np.array([0.1, 0.4, 1, 0.5, 0.2])[:, None, None, None]
    return np.rint(positions[:, None] * share).astype(np.uint16)


@pytest.fixture(scope="module")
def by_png(hpacells: Callable, positions: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, work = tmp_path_factory.mktemp("png"), tmp_path_factory.mktemp("work")
    for name, position in zip(IDS, positions, strict=True):
        for stain, plane in zip(STAINS, position, strict=True):
            write_plane(folder / f"{name}_{stain}.png", plane)
    hpacells("run", folder, "--work", work)
    return work


def _masks(work: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((work / "masks").glob("*.png"))]


def _tiles(work: Path) -> np.ndarray:
    store = TileStore(work / "tiles.zarr")
    return store.read(np.arange(len(store)))


def _table(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path).drop(columns=["image_id"])


@pytest.mark.slow
def test_the_whole_job_on_a_czi(hpacells: Callable, stacks: np.ndarray, by_png: Path, tmp_path: Path) -> None:
    images, work = tmp_path / "images", tmp_path / "work"
    images.mkdir()
    write_czi(images / "slide.czi", stacks, um=MICROSCOPE_UM)
    done = hpacells("run", images, "--work", work, "--set", "images.z=2")
    assert done.stderr.count("channels of 2 fields, by their names") == 1
    assert "pixel size 0.08 um in 2 fields (slide_0, slide_1) (CZI metadata)" in done.stderr
    assert _masks(work) == _masks(by_png)
    assert len(_masks(work)) == 4
    assert np.array_equal(_tiles(work), _tiles(by_png))
    assert _table(work / "predictions.parquet").equals(_table(by_png / "predictions.parquet"))
    assert (work / "report" / "index.html").is_file()
    # A later stage reads the images as they were segmented.
    assert "crops: done before" in hpacells("crops", images, "--work", work).stderr
    hpacells("inspect", "--work", work)
    labels = tmp_path / "train.csv"
    labels.write_text("ID,Label\nslide_0,0\nslide_1,16\n")
    explored = hpacells("explore", images, "--labels", labels, "--work", work, "--set", "images.z=2")
    assert "failed" not in explored.stderr
    assert (work / "explore" / "index.html").is_file()
    assert json.loads((work / "segment.json").read_text())["details"]["image_settings"]["z"] == "2"


KINDS = {
    "OME-TIFF": lambda folder, data: write_ome_tiff(folder / "a.ome.tif", data, um=MICROSCOPE_UM),
    "LIF": lambda folder, data: write_lif(folder / "a.lif", data, um=MICROSCOPE_UM),
    "plate": lambda folder, data: write_plate(folder / "a.zarr", {"B/7": data}),
    "OME-Zarr": lambda folder, data: [
        write_ome_zarr(folder / f"{name}.zarr", position, um=MICROSCOPE_UM, version="0.4")
        for name, position in zip(IDS, data, strict=True)
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("z", ["middle", "max", "sharpest"])
def test_masks_as_of_png_files(
    hpacells: Callable, stacks: np.ndarray, by_png: Path, tmp_path: Path, kind: str, z: str
) -> None:
    if z != "middle" and kind != "OME-Zarr":
        pytest.skip("each choice of a slice is tried on one format")
    images, work = tmp_path / "images", tmp_path / "work"
    images.mkdir()
    KINDS[kind](images, stacks)
    options = ["--set", f"images.z={z}", "--set", f"segment.pixel_size_um={MICROSCOPE_UM}"]
    hpacells("segment", images, "--work", work, *options)
    assert _masks(work) == _masks(by_png)


def test_what_is_not_known_is_asked_for_in_one_line(
    hpacells: Callable, stacks: np.ndarray, tmp_path: Path
) -> None:
    images, work = tmp_path / "images", tmp_path / "work"
    images.mkdir()
    write_ome_tiff(images / "a.ome.tif", stacks[..., :64, :64], names=())
    message = hpacells("segment", images, "--work", work, status=2).stderr
    assert message.count("\n") == 1
    assert "a.ome.tif: channels 0, 1, 2, 3, whose names do not say which stain each is" in message
    assert "--channels red=?,green=?,blue=?,yellow=?" in message
    channels = ",".join(f"{stain}={number}" for number, stain in enumerate(STAINS))
    message = hpacells("segment", images, "--work", work, "--channels", channels, status=2).stderr
    assert "a stack of 5 slices" in message
    assert "--set images.z=middle" in message
