import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from tests.factories.images.writers import PLANE, write_png_with

EIGHT = PLANE.astype(np.float64) / PLANE.max()


def camera(bits: int, brightest: float = 1.0) -> np.ndarray:
    """Return what a camera of so many bits makes of the plane."""
    return np.rint(EIGHT * brightest * (2**bits - 1)).astype(np.uint16)


def write(folder: Path, image_id: str, plane: np.ndarray, suffix: str = ".tif", **options: object) -> None:
    folder.mkdir(exist_ok=True)
    for channel in CHANNELS:
        path = folder / f"{image_id}_{channel}{suffix}"
        if suffix == ".png":
            assert cv2.imwrite(str(path), plane)
        else:
            tifffile.imwrite(path, plane, **options)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_the_brightest_value_tells_the_depth(tmp_path: Path, bits: int, suffix: str) -> None:
    write(tmp_path, "a", camera(bits, 0.9), suffix)
    (field,) = find_fields(tmp_path)
    assert field.full_scale == 2**bits - 1
    expected = camera(bits, 0.9) * 65535.0 / (2**bits - 1)
    assert np.abs(field.read(["red"])[0] - expected).max() <= 0.5


@pytest.mark.parametrize("bits", [9, 10, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("how", ["SignificantBits", "BitsPerSample", "MaxSampleValue", "sBIT"])
def test_what_files_state_counts(tmp_path: Path, bits: int, how: str) -> None:
    dim = camera(bits, 0.1)
    if how == "SignificantBits":
        write(tmp_path, "a", dim, ".ome.tif", ome=True, metadata={"SignificantBits": bits})
    elif how == "BitsPerSample":
        write(tmp_path, "a", dim, bitspersample=bits)
    elif how == "MaxSampleValue":
        write(tmp_path, "a", dim, extratags=[(281, 3, 1, 2**bits - 1, True)])
    else:
        for channel in CHANNELS:
            write_png_with(tmp_path / f"a_{channel}.png", b"sBIT", bytes([bits]), dim)
    assert find_fields(tmp_path)[0].full_scale == 2**bits - 1


def test_values_that_need_more_bits_than_are_stated(tmp_path: Path) -> None:
    write(tmp_path, "a", camera(14), ".ome.tif", ome=True, metadata={"SignificantBits": 12})
    (field,) = find_fields(tmp_path)
    assert field.full_scale == 16383
    assert field.full_scale_source.endswith("though files state 12")


def test_sixteen_stated_bits_are_no_statement(tmp_path: Path) -> None:
    write(tmp_path, "a", camera(12), ".ome.tif", ome=True, metadata={"SignificantBits": 16})
    assert find_fields(tmp_path)[0].full_scale == 4095


def test_one_white_for_a_folder_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(40):
        write(tmp_path, f"f{number:02d}", camera(12, 0.05))
    write(tmp_path, "f20", camera(12, 0.9))
    with caplog.at_level(logging.INFO, "hpacells"):
        fields = find_fields(tmp_path)
        find_fields(tmp_path)
    assert {field.full_scale for field in fields} == {4095}
    (told,) = [record.getMessage() for record in caplog.records]
    assert "white of the 16-bit files is 4095 (12 bits" in told
    assert "images.full_scale" in told


def test_both_depths_in_a_field_and_in_a_folder_come_out_alike(tmp_path: Path) -> None:
    write(tmp_path, "a", camera(12))
    write(tmp_path, "b", camera(8).astype(np.uint8), ".png")
    cv2.imwrite(str(tmp_path / "c_red.png"), camera(8).astype(np.uint8))
    tifffile.imwrite(tmp_path / "c_blue.tif", camera(12))
    images = [field.read(["red", "blue"]) / 1.0 for field in find_fields(tmp_path)]
    scales = [image / (255 if image.max() < 256 else 65535) for image in images]
    for image in scales:
        assert np.abs(image - EIGHT).max() < 0.003


def test_a_brighter_field_than_the_sample_is_refused(tmp_path: Path) -> None:
    for number in range(40):
        write(tmp_path, f"f{number:02d}", camera(12))
    write(tmp_path, "f01", camera(14))
    dark, bright = find_fields(tmp_path)[:2]
    assert dark.full_scale == 4095
    with pytest.raises(
        InputError, match=r"f01_red.tif: values up to 16383, but white is 4095.*full_scale=16383"
    ):
        bright.read(["red"])
    assert find_fields(tmp_path, ImageSettings(full_scale=4095))[1].read(["red"]).max() == 65535


def test_files_without_a_statement_about_brightness(tmp_path: Path) -> None:
    write(tmp_path / "eight", "a", PLANE)
    write(tmp_path / "black", "a", PLANE.astype(np.uint16) * 0)
    assert find_fields(tmp_path / "eight")[0].full_scale is None
    assert find_fields(tmp_path / "black")[0].full_scale is None
    write(tmp_path / "float", "a", (EIGHT * 0.01).astype(np.float32))
    assert find_fields(tmp_path / "float")[0].full_scale == 65535
    write(tmp_path / "damaged", "a", camera(12))
    (tmp_path / "damaged" / "a_blue.tif").write_bytes(b"no image")
    assert find_fields(tmp_path / "damaged")[0].full_scale == 4095


def test_fields_of_another_camera_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a", "c", "d"):
        write(tmp_path, name, camera(16))
    write(tmp_path, "b", camera(12))
    # Of a dark field nobody knows the camera.
    write(tmp_path, "e", camera(16, 0.001))
    for _ in range(2):
        assert {field.full_scale for field in find_fields(tmp_path)} == {65535}
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "1 of 5 fields that were looked at have no value above 4095, though white is 65535 (b)" in told


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_dim_channels_of_one_camera_are_no_other_camera(tmp_path: Path, caplog, bits: int) -> None:
    write(tmp_path, "a", camera(bits))
    write(tmp_path, "b", camera(bits, 0.03))
    tifffile.imwrite(tmp_path / "b_yellow.tif", camera(bits, 0.5))
    find_fields(tmp_path)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
