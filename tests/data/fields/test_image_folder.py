"""Which files of a folder make which field, as users have them."""

import logging
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings


def write(folder: Path, image_id: str, channels: tuple[str, ...] = CHANNELS, value: int = 50) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, channel in enumerate(channels):
        _, encoded = cv2.imencode(".png", np.full((8, 9), value + number, np.uint8))
        (folder / f"{image_id}_{channel}.png").write_bytes(encoded.tobytes())


def ids(folder: Path, channels: str = "auto") -> list[str]:
    return [field.image_id for field in find_fields(folder, ImageSettings(channels=channels))]


def fault(field: Field) -> str:
    with pytest.raises(InputError) as error:
        field.read()
    return str(error.value)


@pytest.mark.parametrize("first", [("blue", "green"), ("red",), ("red", "green", "blue")])
def test_two_halves_of_two_plates_are_two_incomplete_fields(tmp_path: Path, first: tuple[str, ...]) -> None:
    write(tmp_path / "plate1", "A1", first)
    write(tmp_path / "plate2", "A1", tuple(c for c in CHANNELS if c not in first))
    fields = find_fields(tmp_path)
    assert [field.image_id for field in fields] == ["plate1_A1", "plate2_A1"]
    assert all("channel (found" in fault(field) for field in fields)


@pytest.mark.parametrize("folders", [CHANNELS, ("mt", "protein", "dapi", "er"), ("c0", "c1", "c2", "c3")])
def test_a_folder_per_channel_is_one_set_of_fields(tmp_path: Path, folders: tuple[str, ...]) -> None:
    for plate in ("p1", "p2"):
        for folder, channel in zip(folders, CHANNELS, strict=True):
            write(tmp_path / plate / folder, "A1", (channel,))
            write(tmp_path / plate / folder, "A2", (channel,))
    fields = find_fields(tmp_path)
    assert [field.image_id for field in fields] == ["p1_A1", "p1_A2", "p2_A1", "p2_A2"]
    assert all(field.read().shape == (4, 8, 9) for field in fields)


def test_no_two_fields_share_an_id(tmp_path: Path) -> None:
    write(tmp_path / "800", "A_1", value=10)
    write(tmp_path / "801", "A_1")
    write(tmp_path / "800_A", "1", value=90)
    write(tmp_path / "x", "1")
    write(tmp_path / "small", "a_1")
    fields = find_fields(tmp_path)
    names = [field.image_id for field in fields]
    assert len({name.casefold() for name in names}) == len(names) == 5
    values = {field.image_id: int(field.read(["red"])[0, 0, 0]) for field in fields}
    assert sorted(values.values()) == [10, 50, 50, 50, 90]


@pytest.mark.parametrize("kind", ["dangling", "pipe", "folder", "empty", "closed"])
def test_what_cannot_be_read_costs_its_field_alone(tmp_path: Path, kind: str) -> None:
    write(tmp_path, "A1")
    write(tmp_path, "B1")
    path = tmp_path / "B1_yellow.png"
    path.unlink()
    if kind == "dangling":
        path.symlink_to(tmp_path / "nowhere.png")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"")
        path.chmod(0o644 if kind == "empty" else 0)
    good, bad = find_fields(tmp_path)
    assert good.read().shape == (4, 8, 9)
    assert "B1_yellow.png" in fault(bad)
    assert bad.fingerprint()
    # What is missing does not keep the others from being listed again.
    assert ids(tmp_path) == ["A1", "B1"]


@pytest.mark.parametrize(
    ("name", "image_id"), [(b"1\xb5m", "1%B5m"), (b"two\nlines", "two%0Alines"), ("µ".encode(), "µ")]
)
def test_names_that_cannot_be_stored_are_written_otherwise(
    tmp_path: Path, name: bytes, image_id: str
) -> None:
    write(tmp_path, "A1")
    for channel in CHANNELS:
        content = (tmp_path / f"A1_{channel}.png").read_bytes()
        (tmp_path / f"{os.fsdecode(name)}_{channel}.png").write_bytes(content)
    fields = find_fields(tmp_path)
    assert sorted(field.image_id for field in fields) == sorted([image_id, "A1"])
    assert all(field.read().shape == (4, 8, 9) for field in fields)
    assert all(field.image_id.encode() for field in fields)


def test_patterns_and_presets(tmp_path: Path) -> None:
    for number, channel in enumerate(("blue", "green", "red", "yellow")):
        write(tmp_path / "x", f"A1_{channel}", ("red",), value=10 * number)
        (tmp_path / f"x/A1_{channel}_red.png").rename(tmp_path / f"x/A1_ch0{number}.png")
    for channels in ("leica:blue,green,red,yellow", "blue=*_ch00,green=*_ch01,red=*_ch02,yellow=*_ch03.png"):
        (field,) = find_fields(tmp_path, ImageSettings(channels=channels))
        assert field.image_id == "A1"
        assert field.read()[:, 0, 0].tolist() == [20, 10, 0, 30]


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        (("A_ch00.png", "A_ch01.png"), "Leica .*--channels leica:blue,green,red,yellow"),
        (("A_w1.TIF", "A_w2.TIF"), "ImageXpress .*--channels imagexpress:"),
        (("r01c01f01p01-ch1sk1fk1fl1.tiff", "r01c01f01p01-ch2sk1fk1fl1.tiff"), "Opera .*--channels opera:"),
        (("A_mt.png", "A_nuc.png"), "--channels subcell"),
        (("A_DAPI.png", "A_tubulin.png"), "--channels stains"),
        (("A.png", "B.png"), r"--channels 'red=\*_ch00.tif,green=\*_ch01.tif"),
    ],
)
def test_the_message_of_no_field_shows_what_to_type(
    tmp_path: Path, names: tuple[str, ...], advice: str
) -> None:
    for name in names:
        encoded = cv2.imencode(Path(name).suffix.lower(), np.zeros((4, 4), np.uint8))[1]
        (tmp_path / name).write_bytes(encoded.tobytes())
    with pytest.raises(InputError, match=rf"{names[0]}.*{advice}"):
        find_fields(tmp_path)


def test_a_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="there are no images, and 1 other files"):
        find_fields(tmp_path)


@pytest.mark.parametrize("name", ["A_blue.png", "plate.ome.tif"])
def test_a_single_image(tmp_path: Path, name: str) -> None:
    """It is no list of files, and the fields of its folder are not taken for it."""
    (tmp_path / name).write_bytes(b"\x89PNG\0")
    with pytest.raises(InputError) as refused:
        find_fields(tmp_path / name)
    expected = "a folder of images, or a list of their files (CSV)"
    assert (
        str(refused.value)
        == f"{tmp_path / name}: a single image; expected {expected}; give its folder, {tmp_path}"
    )


def test_a_pattern_that_fits_no_file_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "A1")
    find_fields(tmp_path, ImageSettings(channels="red=*_red,green=*_protein"))
    assert "no file is named as in green=*_protein" in caplog.text


def test_pictures_that_are_in_no_field_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    names = [f"a_{channel}.png" for channel in ("red", "green", "blue", "yellow")]
    names += ["a_blue_red_green.png", "a_cells.png", "red.png", "b_red.png.png", ".b_red.png", "notes.txt"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    (found,) = find_fields(tmp_path)
    assert found.image_id == "a"
    (told,) = [message for message in caplog.messages if "not used" in message]
    assert "2 pictures whose name says no channel, not used (such as b_red.png.png)" in told
