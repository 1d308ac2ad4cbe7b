"""Lists of files as SubCell and HPACellSegmentatorPortable have them."""

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.errors import InputError
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.fields.image_settings import ImageSettings
from data.fields.naming.path_list import read_path_list

SUBCELL = "r_image,y_image,b_image,g_image,output_folder,output_prefix"
STAINS = {"red": "mt", "yellow": "er", "blue": "nuc", "green": "prot"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two fields of four channels, whose grey values tell them apart."""
    (tmp_path / "images").mkdir()
    for number, name in enumerate(["cell_1", "cell_2"]):
        for place, stain in enumerate(STAINS.values()):
            plane = np.full((5, 6), 10 * number + place, np.uint8)
            cv2.imwrite(str(tmp_path / "images" / f"{name}_{stain}.png"), plane)
    return tmp_path


def write(folder: Path, *lines: str) -> Path:
    path = folder / "path_list.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def row(name: str, end: str, *, folder: str = "images", without: str = "") -> str:
    files = ["" if stain == without else f"{folder}/{name}_{stain}.png" for stain in STAINS.values()]
    return ",".join([*files, end])


def by_id(path: Path) -> dict[str, Field]:
    return {field.image_id: field for field in read_path_list(path)}


def fault(field: Field) -> str:
    assert field.fault is not None
    with pytest.raises(InputError):
        field.read()
    return str(field.fault)


@pytest.mark.parametrize(
    ("heading", "end"),
    [
        (SUBCELL, "out,{}_"),
        ("#" + SUBCELL, "out,{}_"),
        ("# R_image, y_image, b_image, g_image, output_folder, output_prefix", "out,{}_"),
        ("\n" + SUBCELL, "out,{}_"),
        ("r_image,y_image,b_image,g_image,output_prefix", "{}_"),
        ("#r_image,y_image,b_image,g_image,segmentation_folder,crop_folder,output_prefix", "s,c,{}_"),
        ("r_image,y_image,b_image,g_image,segmentation_mask,crop_folder,output_prefix", "m.png,c,{}_"),
        ("red,er,nuclei_image,protein,output_prefix", "{}"),
        ("r_image,y_image,b_image,g_image", None),
    ],
)
def test_headings(folder: Path, heading: str, end: str | None) -> None:
    rows = [row(name, "" if end is None else end.format(name)) for name in ("cell_1", "cell_2")]
    rows = [text.removesuffix(",") for text in rows]
    fields = by_id(write(folder, heading, *rows))
    assert list(fields) == ["cell_1", "cell_2"]
    for number, field in enumerate(fields.values()):
        assert field.read(list(STAINS))[:, 0, 0].tolist() == [10 * number + place for place in range(4)]


@pytest.mark.parametrize("end", ["{}_", "out,{}_", "s,c,{}_"])
def test_without_a_heading_the_columns_are_told(
    folder: Path, end: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        fields = by_id(write(folder, row("cell_1", end.format("A1"))))
    assert list(fields) == ["A1"]
    assert "it has no heading; its columns are taken for r_image,y_image,b_image,g_image," in caplog.text


def test_the_first_lists_had_no_protein(folder: Path) -> None:
    text = row("cell_1", "out,A1_").replace("images/cell_1_prot.png,", "")
    [field] = read_path_list(write(folder, text))
    assert (field.image_id, sorted(field.files)) == ("A1", ["blue", "red", "yellow"])


@pytest.mark.parametrize("stain", ["er", "mt", "prot"])
def test_an_empty_channel_is_not_there(folder: Path, stain: str) -> None:
    [field] = read_path_list(write(folder, SUBCELL, row("cell_1", "out,A1_", without=stain)))
    assert field.fault is None
    assert sorted(field.files) == sorted(channel for channel, name in STAINS.items() if name != stain)


def test_rows_that_are_comments_are_left_out(folder: Path) -> None:
    rows = "#" + row("cell_1", "out,a"), row("cell_2", "out,b")
    assert list(by_id(write(folder, "#" + SUBCELL, *rows))) == ["b"]
    assert list(by_id(write(folder, *rows))) == ["b"]


@pytest.mark.parametrize(
    ("prefix", "image_id"),
    [("exp_A/cell2_", "exp_A_cell2"), ("exp\\cell2-", "exp_cell2"), ("A1", "A1"), ("_", "cell_1")],
)
def test_ids_of_prefixes(folder: Path, prefix: str, image_id: str) -> None:
    assert list(by_id(write(folder, SUBCELL, row("cell_1", f"out,{prefix}")))) == [image_id]


def test_folders_tell_prefixes_apart(folder: Path) -> None:
    path = write(folder, SUBCELL, row("cell_1", "p1,A1_"), row("cell_2", "p2,a1_"))
    assert list(by_id(path)) == ["p1_A1", "p2_a1"]


def test_a_name_that_is_there_twice_costs_that_field_alone(folder: Path) -> None:
    rows = row("cell_1", "out,A1_"), row("cell_2", "out,B1_"), row("cell_2", "out,a1_")
    fields = by_id(write(folder, SUBCELL, *rows))
    assert sorted(fields) == ["A1", "B1"]
    assert "line 4: the field A1 a second time, with other files than in line 2" in fault(fields["A1"])
    assert fields["B1"].fault is None


def test_the_same_row_twice_is_one_field(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        [field] = read_path_list(write(folder, SUBCELL, *[row("cell_1", "out,A1_")] * 2))
    assert field.fault is None
    assert "line 3: as line 2, and passed over" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (row("cell_3", "out,B1_"), "line 3: no such file: images/cell_3_mt.png (red)"),
        (row("cell_2", "out,B1_").replace("images/cell_2_nuc", "https://x/a"), "line 3: an address for blue"),
        (row("cell_2", "out,B1_,more"), "line 3: 7 values; expected 6"),
        (row("cell_2", "B1_"), "line 3: 5 values; expected 6"),
        (",,,,out,B1_", "line 3: no file"),
    ],
)
def test_a_bad_row_costs_its_field_alone(folder: Path, text: str, message: str) -> None:
    fields = read_path_list(write(folder, SUBCELL, row("cell_1", "out,A1_"), text))
    assert [field.fault is None for field in fields].count(True) == 1
    [bad] = [field for field in fields if field.fault is not None]
    assert message in fault(bad)


def test_paths_are_of_the_list_or_of_the_current_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "lists").mkdir()
    path = write(
        folder / "lists", SUBCELL, row("cell_1", "out,A1_"), row("cell_2", "o,B1_").replace("/", "\\")
    )
    monkeypatch.chdir(folder)
    assert [field.read(["red"])[0, 0, 0] for field in read_path_list(path)] == [0, 10]
    monkeypatch.chdir("/")
    assert "in the list's folder or in the current one" in fault(read_path_list(path)[0])
    (folder / "lists" / "images").mkdir()
    other = folder / "lists" / "images" / "cell_1_mt.png"
    other.write_bytes((folder / "images" / "cell_2_mt.png").read_bytes())
    monkeypatch.chdir(folder)
    assert "two files images/cell_1_mt.png" in fault(read_path_list(path)[0])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["r_image,r_image,output_prefix", "a,b,c"], "line 1: the column r_image twice"),
        (["r_image,mt,output_prefix", "a,b,c"], "line 1: mt and r_image, both red"),
        (["r_image,p_image,output_prefix", "a,b,c"], "line 1: no channel p_image"),
        (["output_folder,output_prefix", "a,b"], "line 1: no column of a channel"),
        (["ID,Label", "A1,3"], "no list of images (line 1: ID,Label)"),
        ([SUBCELL], "no field found: no row"),
        ([SUBCELL, "#a.png,b.png,,,out,A1_"], "no field found: no row"),
        ([""], "no list of images"),
    ],
)
def test_what_is_no_list(folder: Path, lines: list[str], message: str) -> None:
    with pytest.raises(InputError) as error:
        read_path_list(write(folder, *lines))
    assert message in str(error.value)


def test_an_unknown_column_is_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read_path_list(write(folder, SUBCELL + ",note", row("cell_1", "out,A1_,good")))
    assert "line 1: not read: the column note" in caplog.text


def test_other_separators(folder: Path) -> None:
    lines = [text.replace(",", ";") for text in (SUBCELL, row("cell_1", "out,A1_"))]
    assert list(by_id(write(folder, *lines))) == ["A1"]


def test_channels_and_a_list_contradict_each_other(folder: Path) -> None:
    path = write(folder, SUBCELL, row("cell_1", "out,A1_"))
    assert [field.image_id for field in find_fields(path, ImageSettings())] == ["A1"]
    with pytest.raises(InputError, match="beside the list"):
        find_fields(path, channels="subcell")


def test_channels_of_find_fields(folder: Path) -> None:
    fields = find_fields(folder, channels="subcell")
    assert [field.image_id for field in fields] == ["cell_1", "cell_2"]
    assert find_fields(folder, ImageSettings(z="max"), channels="blue=*_nuc")[0].addresses["blue"].z == "max"


def test_a_name_that_is_too_long_costs_its_field_alone(folder: Path) -> None:
    fields = read_path_list(
        write(folder, SUBCELL, row("cell_1", "out,A1"), row("cell_2", f"out,{'µ' * 150}_"))
    )
    assert [field.fault is None for field in fields] == [True, False]
    assert "an ID of 300 bytes" in fault(fields[1])


def test_a_path_that_no_file_can_have_costs_its_row_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    rows = [f"{name},{name},out,{prefix}" for name, prefix in (("o" * 5000, "a_"), (path.name, "b_"))]
    path.write_text("\n".join(["r_image,b_image,output_folder,output_prefix", *rows, ""]))
    bad, good = read_path_list(path)
    assert good.fault is None
    assert "line 2" in str(bad.fault)
    assert len(str(bad.fault)) < 500
