"""Which files make a field, by the folders in which they lie and the numbers in their names."""

import logging
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.channels import CHANNELS
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings


def write(path: Path, value: int = 50) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((4, 5), value, np.uint8))


def found(folder: Path, channels: str = "auto", z: str = "") -> dict[str, Field]:
    return {field.image_id: field for field in find_fields(folder, ImageSettings(channels=channels, z=z))}


@pytest.mark.parametrize(
    "layout",
    [
        "{plate}_{channel}/{well}_{channel}.png",
        "{channel}-{plate}/{well}_{channel}.png",
        "{channel}/{plate}/{well}_{channel}.png",
        "{plate}/{channel}/{well}_{channel}.png",
        "{plate}/{channel}/images/{well}_{channel}.png",
        "{plate} ({channel})/{well}_{channel}.png",
    ],
)
@pytest.mark.parametrize("words", [CHANNELS, ("mt", "protein", "DAPI", "er")])
def test_folders_named_after_channels(tmp_path: Path, layout: str, words: tuple[str, ...]) -> None:
    for plate, well, (place, channel) in product(("plate1", "plate2"), ("A1", "A2"), enumerate(CHANNELS)):
        folder = layout.rpartition("/")[0].format(plate=plate, channel=words[place])
        write(tmp_path / folder / f"{well}_{channel}.png", 100 * int(plate[-1]) + 10 * int(well[-1]) + place)
    fields = found(tmp_path)
    assert len(fields) == 4
    values = {tuple(field.read()[:, 0, 0].tolist()) for field in fields.values()}
    starts = [110, 120, 210, 220]
    assert values == {tuple(start + place for place in range(4)) for start in starts}
    assert all("plate" in image_id and "A" in image_id for image_id in fields)


def test_a_plate_called_after_a_channel_is_one(tmp_path: Path) -> None:
    for plate, channel in product(("red_plate", "green_plate"), CHANNELS):
        write(tmp_path / plate / f"A1_{channel}.png")
    fields = found(tmp_path)
    assert sorted(fields) == ["green_plate_A1", "red_plate_A1"]
    assert all(len(field.files) == 4 for field in fields.values())


@pytest.mark.parametrize(
    "names",
    [
        ("plate1", "plate2", "plate3", "plate4"),
        ("plateA", "plateB", "plateC", "plateD"),
        ("plate_one", "plate_two", "plate_three", "plate_four"),
        ("plate I", "plate II", "plate III", "plate IV"),
        ("800", "801", "802", "803"),
        ("A", "B", "C", "D"),
        ("2021-01-02", "2021-01-03", "2021-02-01", "2022-01-01"),
        ("rep1", "rep2", "rep3", "rep4"),
    ],
)
@pytest.mark.parametrize("count", [3, 4])
def test_plates_of_one_channel_each_are_told_and_not_joined(
    tmp_path: Path, names: tuple[str, ...], count: int, caplog: pytest.LogCaptureFixture
) -> None:
    for name, channel in list(zip(names, CHANNELS, strict=True))[:count]:
        write(tmp_path / name / f"A1_{channel}.png")
        write(tmp_path / name / f"A2_{channel}.png")
    with caplog.at_level(logging.WARNING):
        fields = found(tmp_path)
    assert len(fields) == 2 * count
    assert all(len(field.files) == 1 for field in fields.values())
    assert caplog.text.count("in several folders with different channels") == 1


@pytest.mark.parametrize(
    "names", [("c0", "c1", "c2", "c3"), ("w1", "w2", "w3", "w4"), ("405", "488", "561", "640"),
              ("Alexa405", "Alexa488", "Alexa568", "Alexa647"), ("TRITC", "FITC", "Hoechst33342", "Cy5")]
)  # fmt: skip
def test_folders_of_numbered_channels_are_joined_and_told(
    tmp_path: Path, names: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    for name, channel in zip(names, CHANNELS, strict=True):
        write(tmp_path / name / f"A1_{channel}.png")
    with caplog.at_level(logging.INFO):
        fields = found(tmp_path)
    assert [len(field.files) for field in fields.values()] == [4]
    assert "taken together" in caplog.text


@pytest.mark.parametrize(
    ("channels", "name", "stack", "single"),
    [
        ("opera:red,green", "r01c02f03p{z:02d}-ch{c}sk1fk1fl1.tiff", "r01c02f03", "r01c02f04p01"),
        ("leica:red,green", "Series001_z{z:02d}_ch{c0:02d}.tif", "Series001", "Series002_z01"),
        ("auto", "A1_z{z}_{name}.png", "A1", "A2_z1"),
        ("auto", "Z00{z}-A1_{name}.png", "A1", "Z001-A2"),
        ("auto", "ZStep_{z}/A1_{name}.png", "A1", "A2"),
        ("red=*C01.tif,green=*C02.tif", "p_T0001F001L01A01Z{z:02d}C{c:02d}.tif", "p_T0001F001L01A01", None),
    ],
)
@pytest.mark.parametrize("z", ["", "middle", "2", "5", "max", "sharpest"])
def test_slices_in_files_of_their_own_are_one_field(
    tmp_path: Path, channels: str, name: str, stack: str, single: str | None, z: str
) -> None:
    for number, channel in product(range(1, 6), range(1, 3)):
        told = {"z": number, "c": channel, "c0": channel - 1, "name": CHANNELS[channel - 1]}
        write(tmp_path / name.format(**told), 10 * number + channel)
        if number == 1 and single:
            other = name.replace("f03", "f04").replace("Series001", "Series002").replace("A1", "A2")
            write(tmp_path / other.format(**told), 7)
    fields = found(tmp_path, channels, z)
    assert sorted(fields) == sorted(filter(None, [stack, single]))
    chosen = {"middle": 3, "2": 3}.get(z)
    field = fields[stack]
    if chosen is not None:
        assert field.read(["red", "green"])[:, 0, 0].tolist() == [10 * chosen + 1, 10 * chosen + 2]
    else:
        assert "5 slices of one stack, in files of their own" in str(field.fault)
        assert "--set images.z=middle" in str(field.fault)
    if single:
        assert fields[single].fault is None


def test_wells_of_row_z_are_no_slices(tmp_path: Path) -> None:
    for row, column in product("WXYZ", (1, 2)):
        write(tmp_path / f"plate_{row}{column}_red.png")
    assert len(found(tmp_path)) == 8


def test_a_projection_beside_its_slices_is_a_field_of_its_own(tmp_path: Path) -> None:
    for number, name in enumerate(["A1", "A1_z0", "A1_z1"]):
        write(tmp_path / f"{name}_red.png", 10 * number)
    fields = found(tmp_path, z="1")
    assert {image_id: int(field.read(["red"])[0, 0, 0]) for image_id, field in fields.items()} == {
        "A1": 0,
        "A1_z0": 20,
    }


def test_ids_that_cannot_be_told_apart_cost_these_fields_alone(tmp_path: Path) -> None:
    for name in ("a/b_c", "x/b_c", "a_b--c", "a_b_c", "a--b_c", "other"):
        write(tmp_path / f"{name}_red.png")
    fields = found(tmp_path)
    assert len(fields) == 6
    assert len({image_id.casefold() for image_id in fields}) == 6
    faulty = [image_id for image_id, field in fields.items() if field.fault is not None]
    assert len(faulty) == 2
    assert all("two fields of the name a--b_c" in str(fields[image_id].fault) for image_id in faulty)
    assert fields["other"].fault is None


def test_an_id_that_is_too_long_costs_its_field_alone(tmp_path: Path) -> None:
    for folder in ("a" * 120, "b" * 100):
        write(tmp_path / folder / ("c" * 120) / "A1_red.png")
    fields = found(tmp_path)
    assert [field.fault is None for field in fields.values()] == [False, True]
    [long] = [field for field in fields.values() if field.fault is not None]
    assert "an ID of 244 bytes" in str(long.fault)
    assert len(long.image_id.encode()) <= 230
