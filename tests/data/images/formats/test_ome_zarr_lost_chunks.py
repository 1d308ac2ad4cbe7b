"""Chunks of OME-Zarr images whose files are missing, as after a copy that was interrupted."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from data.errors import InputError
from data.images.image_file import read_plane
from data.images.plane_address import PlaneAddress

PLANE = np.random.default_rng(0).integers(5, 900, (64, 96), dtype=np.uint16)
BACKGROUND = (slice(0, 16), slice(80, 96))


def write_pyramid(folder: Path, levels: int, dark: tuple[slice, slice] = BACKGROUND) -> Path:
    """Write an image in chunks of 16 px, and its smaller copies by the mean of 2 x 2 px."""
    plane = PLANE.copy()
    # Truly black, which zarr does not store.
    plane[dark] = 0
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    datasets = []
    for level in range(levels):
        array = group.create_array(
            f"s{level}", shape=(1, *plane.shape), chunks=(1, 16, 16), dtype="uint16", fill_value=0
        )
        array[:] = plane[np.newaxis]
        scale = {"type": "scale", "scale": [1, 2**level, 2**level]}
        datasets.append({"path": f"s{level}", "coordinateTransformations": [scale]})
        plane = plane.reshape(len(plane) // 2, 2, -1, 2).mean(axis=(1, 3)).astype(np.uint16)
    axes = [{"name": "c", "type": "channel"}, *({"name": axis, "type": "space"} for axis in "yx")]
    group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
    return folder


def read(path: Path) -> np.ndarray:
    return read_plane(path, "green", PlaneAddress(picture=0, channel=0))


def test_black_background_that_is_not_stored_is_black(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "a.ome.zarr", levels=3)
    assert not (path / "s0/c/0/0/5").exists()
    expected = PLANE.copy()
    expected[BACKGROUND] = 0
    np.testing.assert_array_equal(read(path), expected)


@pytest.mark.parametrize("lost", ["0/0/0", "0/3/5", "0/2/1"])
def test_a_chunk_that_is_missing_is_no_black_square(tmp_path: Path, lost: str) -> None:
    path = write_pyramid(tmp_path / "a.ome.zarr", levels=2)
    (path / "s0/c" / lost).unlink()
    row, column = (16 * int(number) for number in lost.split("/")[1:])
    with pytest.raises(
        InputError, match=rf"s0: 1 chunks are missing, such as that of row {row} and column {column}"
    ):
        read(path)


def test_rows_of_chunks_that_are_missing(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "a.ome.zarr", levels=2)
    shutil.rmtree(path / "s0/c/0/1")
    with pytest.raises(InputError, match="6 chunks are missing.*copy the whole folder again"):
        read(path)


def test_without_a_smaller_copy_nothing_is_known(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "a.ome.zarr", levels=1)
    (path / "s0/c/0/1/1").unlink()
    assert not read(path)[16:32, 16:32].any()


def test_a_smaller_copy_that_is_missing_is_told(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "a.ome.zarr", levels=2)
    shutil.rmtree(path / "s1")
    with pytest.raises(InputError, match="s1: no array.*copy the whole folder"):
        read(path)
    metadata = json.loads((path / "zarr.json").read_text())
    assert metadata["attributes"]["ome"]["multiscales"]
