from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.cells.precropped.cell_stack import read_stack
from data.errors import InputError

RGBY = np.random.default_rng(0).integers(0, 256, (4, 12, 17), dtype=np.uint8)


def write(path: Path, planes: np.ndarray) -> None:
    last = np.moveaxis(planes, 0, 2)
    if path.suffix.lower() == ".png":
        assert cv2.imwrite(str(path), last[..., [2, 1, 0, 3]])
    elif path.suffix == ".npy":
        np.save(path, planes)
    else:
        tifffile.imwrite(path, last if path.stem == "last" else planes, photometric="minisblack")


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a.npy", "a.tif", "last.tiff"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_four_channels(tmp_path: Path, name: str, dtype: type) -> None:
    planes = RGBY.astype(dtype) * (1 if dtype == np.uint8 else 257)
    write(tmp_path / name, planes)
    read = read_stack(tmp_path / name)
    assert read.dtype == dtype
    assert np.array_equal(read, planes)


@pytest.mark.parametrize("name", ["a.npy", "a.tif"])
def test_big_endian_channels(tmp_path: Path, name: str) -> None:
    planes = RGBY.astype(">u2") * 257
    if name == "a.npy":
        np.save(tmp_path / name, planes)
    else:
        tifffile.imwrite(tmp_path / name, planes, byteorder=">", photometric="minisblack")
    read = read_stack(tmp_path / name)
    assert read.dtype == np.uint16
    assert np.array_equal(read, RGBY.astype(np.uint16) * 257)


@pytest.mark.parametrize("order", ["".join(letters) for letters in permutations("rgby")][::5])
def test_another_order(tmp_path: Path, order: str) -> None:
    write(tmp_path / "a.png", RGBY[["rgby".index(letter) for letter in order]])
    assert np.array_equal(read_stack(tmp_path / "a.png", order), RGBY)


@pytest.mark.parametrize("shape", [(12, 17), (12, 17, 3), (12, 17, 2)])
def test_other_numbers_of_channels_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.uint8))
    with pytest.raises(InputError, match=r"uint8 of shape .*RGBA PNG.*red,green,blue,yellow"):
        read_stack(tmp_path / "a.npy")


def test_floats_objects_and_no_files_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "float.npy", RGBY / 255)
    np.save(tmp_path / "object.npy", np.array([{}]), allow_pickle=True)
    (tmp_path / "cut.png").write_bytes(b"\x89PNG")
    for name, told in (("float", "float64"), ("object", "unreadable"), ("nothing", "no such file")):
        with pytest.raises(InputError, match=told):
            read_stack(tmp_path / f"{name}.npy")
    with pytest.raises(InputError, match=r"cut.png: unreadable"):
        read_stack(tmp_path / "cut.png")
