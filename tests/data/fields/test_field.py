from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings

ALL_16_BITS = ImageSettings(full_scale=65535)


def write_field(
    folder: Path, image_id: str = "a", suffix: str = ".png", shape=(8, 10), dtype=np.uint8
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, channel in enumerate(CHANNELS):
        plane = np.full(shape, number * 10 + 5, dtype)
        path = folder / f"{image_id}_{channel}{suffix}"
        if "tif" in suffix:
            tifffile.imwrite(path, plane)
        else:
            assert cv2.imwrite(str(path), plane)


def test_finds_fields_in_sub_folders_in_order(tmp_path: Path) -> None:
    write_field(tmp_path / "plate2", "b")
    write_field(tmp_path / "plate1", "c")
    write_field(tmp_path, "a")
    write_field(tmp_path / ".hidden", "d")
    assert [field.image_id for field in find_fields(tmp_path)] == ["a", "b", "c"]


def test_same_name_in_two_folders_takes_the_folder_into_the_id(tmp_path: Path) -> None:
    write_field(tmp_path / "800", "A6_1")
    write_field(tmp_path / "801" / "x", "A6_1")
    assert [field.image_id for field in find_fields(tmp_path)] == ["800_A6_1", "801_x_A6_1"]


def test_a_folder_per_channel_is_one_field(tmp_path: Path) -> None:
    for channel in CHANNELS:
        (tmp_path / channel).mkdir()
        cv2.imwrite(str(tmp_path / channel / f"a_{channel}.png"), np.zeros((4, 4), np.uint8))
    (field,) = find_fields(tmp_path)
    assert field.read().shape == (4, 4, 4)


def test_composites_and_other_files_are_passed_over(tmp_path: Path) -> None:
    write_field(tmp_path, "a")
    (tmp_path / "a_blue_red_green.jpg").write_bytes(b"")
    (tmp_path / "a_cells.png").write_bytes(b"")
    (tmp_path / "notes_red.txt").write_bytes(b"")
    assert [field.image_id for field in find_fields(tmp_path)] == ["a"]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".ome.tif", ".PNG"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(8, 10), (13, 5)])
def test_reads_channels_in_order(tmp_path: Path, suffix: str, dtype: type, shape: tuple) -> None:
    write_field(tmp_path, suffix=suffix, shape=shape, dtype=dtype)
    (field,) = find_fields(tmp_path, ALL_16_BITS)
    image = field.read()
    assert image.shape == (4, *shape)
    assert image.dtype == dtype
    assert image[:, 0, 0].tolist() == [5, 15, 25, 35]
    assert field.read(("yellow", "red"))[:, 0, 0].tolist() == [35, 5]


def test_reads_only_what_is_asked(tmp_path: Path) -> None:
    write_field(tmp_path)
    (tmp_path / "a_green.png").write_bytes(b"not an image")
    (field,) = find_fields(tmp_path)
    assert field.read(("red", "blue", "yellow")).shape == (3, 8, 10)
    with pytest.raises(InputError, match="a_green.png: unreadable or truncated"):
        field.read()


def test_mixed_depths_become_16_bit(tmp_path: Path) -> None:
    write_field(tmp_path)
    cv2.imwrite(str(tmp_path / "a_green.png"), np.full((8, 10), 4000, np.uint16))
    (field,) = find_fields(tmp_path, ALL_16_BITS)
    assert field.read()[:, 0, 0].tolist() == [5 * 257, 4000, 25 * 257, 35 * 257]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_tinted_images_give_the_plane_of_their_tint(tmp_path: Path, suffix: str) -> None:
    tints = {"red": (200, 3, 2), "green": (4, 150, 1), "blue": (2, 3, 100), "yellow": (60, 80, 5)}
    for channel, tint in tints.items():
        rgb = np.full((16, 16, 3), tint, np.uint8)
        path = tmp_path / f"a_{channel}{suffix}"
        if suffix == ".tif":
            tifffile.imwrite(path, rgb, photometric="rgb")
        else:
            cv2.imwrite(str(path), rgb[..., ::-1])
    (field,) = find_fields(tmp_path)
    assert field.read()[:, 8, 8].tolist() == pytest.approx([200, 150, 100, 80], abs=3)


def test_missing_channel_is_named(tmp_path: Path) -> None:
    write_field(tmp_path)
    (tmp_path / "a_yellow.png").unlink()
    (field,) = find_fields(tmp_path)
    with pytest.raises(InputError, match="no yellow channel .found red, green, blue."):
        field.read()


def test_channel_in_two_formats_is_ambiguous(tmp_path: Path) -> None:
    write_field(tmp_path)
    tifffile.imwrite(tmp_path / "a_red.tif", np.zeros((8, 10), np.uint8))
    (field,) = find_fields(tmp_path)
    with pytest.raises(InputError, match="two red files: a_red.png and a_red.tif"):
        field.read()


def test_channels_of_different_size(tmp_path: Path) -> None:
    write_field(tmp_path)
    cv2.imwrite(str(tmp_path / "a_blue.png"), np.zeros((8, 9), np.uint8))
    (field,) = find_fields(tmp_path)
    with pytest.raises(InputError, match="field a: blue is 9 x 8 px but red is 10 x 8 px"):
        field.read()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_truncated_files(tmp_path: Path, suffix: str, keep: float) -> None:
    rng = np.random.default_rng(0)
    for channel in CHANNELS:
        plane = rng.integers(0, 255, (64, 64), dtype=np.uint8)
        path = tmp_path / f"a_{channel}{suffix}"
        tifffile.imwrite(path, plane) if suffix == ".tif" else cv2.imwrite(str(path), plane)
    path = tmp_path / f"a_red{suffix}"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    (field,) = find_fields(tmp_path)
    with pytest.raises(InputError, match=f"a_red{suffix}: unreadable or truncated"):
        field.read()


def test_wrong_pixel_type_and_stacks(tmp_path: Path) -> None:
    write_field(tmp_path, suffix=".tif")
    (field,) = find_fields(tmp_path)
    tifffile.imwrite(tmp_path / "a_red.tif", np.full((8, 10), 300.5, np.float32))
    with pytest.raises(InputError, match="pixels of type float32"):
        field.read()
    tifffile.imwrite(tmp_path / "a_red.tif", np.zeros((7, 8, 10), np.uint8))
    with pytest.raises(InputError, match=r"a stack of 7 slices.*images\.z"):
        field.read()


def test_empty_and_missing_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no field found"):
        find_fields(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        find_fields(tmp_path / "nothing")


def test_fingerprint_notices_a_change(tmp_path: Path) -> None:
    write_field(tmp_path)
    before = find_fields(tmp_path)[0].fingerprint()
    assert find_fields(tmp_path)[0].fingerprint() == before
    write_field(tmp_path, shape=(9, 9))
    assert find_fields(tmp_path)[0].fingerprint() != before


def test_real_fields(shared: Path) -> None:
    fields = find_fields(shared / "hpa/fields")
    assert [field.read(("blue",)).shape for field in fields] == [(1, 2048, 2048)] * 3 + [(1, 3072, 3072)]
    tinted = find_fields(shared / "hpa/tinted")
    assert [field.image_id for field in tinted] == ["800_A6_1", "89_B5_1"]
    # The tint carries the signal: the grey value is far above that of a mean over R, G and B.
    assert tinted[0].read(("yellow",)).mean() == pytest.approx(67, abs=3)
