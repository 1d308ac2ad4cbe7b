from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from data.errors import InputError
from data.own_masks.formats.image_files import read_image_file


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_tiffs_of_every_type(tmp_path: Path, labels: np.ndarray, dtype: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", labels.astype(dtype), compression="zlib")
    read = read_image_file(tmp_path / "a.tif")
    assert read.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(read, labels)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_pngs(tmp_path: Path, labels: np.ndarray, dtype: type) -> None:
    cv2.imwrite(str(tmp_path / "a.PNG"), labels.astype(dtype))
    np.testing.assert_array_equal(read_image_file(tmp_path / "a.PNG"), labels)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "LA"])
def test_pngs_in_colour_are_refused(tmp_path: Path, labels: np.ndarray, mode: str) -> None:
    Image.fromarray(labels.astype(np.uint8)).convert(mode).save(tmp_path / "a.png")
    with pytest.raises(
        InputError, match=r"a\.png: (colours|a colour palette|grey with transparency).*greyscale"
    ):
        read_image_file(tmp_path / "a.png")


def test_tiffs_in_colour_and_of_several_images_are_refused(tmp_path: Path, labels: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.dstack([labels] * 3), photometric="rgb")
    with pytest.raises(InputError, match="colours"):
        read_image_file(tmp_path / "a.tif")
    with tifffile.TiffWriter(tmp_path / "b.tif") as file:
        file.write(labels)
        file.write(labels[:10, :10])
    with pytest.raises(InputError, match="2 images"):
        read_image_file(tmp_path / "b.tif")


def test_jpegs_and_damaged_files_are_refused(tmp_path: Path, labels: np.ndarray) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), labels.astype(np.uint8))
    with pytest.raises(InputError, match="a JPEG, which changes the numbers"):
        read_image_file(tmp_path / "a.jpg")
    cv2.imwrite(str(tmp_path / "a.png"), labels)
    tifffile.imwrite(tmp_path / "a.tif", labels)
    for name in ("a.png", "a.tif"):
        for content in (b"", (tmp_path / name).read_bytes()[:90]):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(InputError, match="unreadable or truncated"):
                read_image_file(tmp_path / name)


def test_tiffs_whose_numbers_were_changed_or_are_cut_are_refused(tmp_path: Path, labels: np.ndarray) -> None:
    grey = labels.astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", grey, compression="jpeg")
    with pytest.raises(InputError, match=r"a\.tif: a JPEG, which changes the numbers"):
        read_image_file(tmp_path / "a.tif")
    tifffile.imwrite(tmp_path / "b.tif", np.stack([grey] * 3), photometric="minisblack")
    content = (tmp_path / "b.tif").read_bytes()
    (tmp_path / "b.tif").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"b\.tif: unreadable or truncated"):
        read_image_file(tmp_path / "b.tif")
