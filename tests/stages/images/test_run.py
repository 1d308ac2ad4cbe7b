import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from data.channels import CHANNELS
from pipeline.cli import app


def write(folder: Path, image_id: str, channels: tuple[str, ...] = CHANNELS, suffix: str = ".png") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for channel in channels:
        plane = rng.integers(0, 200, (60, 80), dtype=np.uint8)
        path = folder / f"{image_id}_{channel}{suffix}"
        if suffix == ".png":
            cv2.imwrite(str(path), plane)
        else:
            tifffile.imwrite(
                path, plane, metadata={"axes": "YX", "PhysicalSizeX": 0.16, "PhysicalSizeY": 0.16}
            )


def show(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["images", *map(str, arguments)])
    return result.exit_code, result.output


def test_each_field_with_size_bits_pixel_size_channels_and_labels(tmp_path: Path) -> None:
    write(tmp_path / "images", "A1")
    write(tmp_path / "images", "B1", suffix=".ome.tif")
    (tmp_path / "labels.csv").write_text("ID,Label\nA1,0|7\n")
    status, said = show(tmp_path / "images", "--labels", tmp_path / "labels.csv")
    assert status == 0
    lines = [line.split() for line in said.splitlines()]
    assert ["A1", "80", "x", "60", "8", "0.08", "RGBY", "labels", "0|7"] in lines
    assert ["B1", "80", "x", "60", "8", "0.16", "RGBY"] in lines
    assert "2 fields, 0 that cannot be read, 1 without a label" in said
    assert "OME-XML (1 fields)" in said


def test_json_has_all_of_it(tmp_path: Path) -> None:
    write(tmp_path, "A1", ("blue", "green"))
    status, said = show(tmp_path, "--json")
    (field,) = json.loads(said)["fields"]
    assert status == 0
    assert set(field["channels"]) == {"blue", "green"}
    assert field["remarks"] == ["no red", "no yellow"]
    assert (field["pixel_size_um"], field["pixel_size_source"]) == (0.08, "assumed")


@pytest.mark.parametrize("fault", ["missing", "truncated", "other size", "dangling"])
def test_what_is_wrong_is_told_and_the_others_are_shown(tmp_path: Path, fault: str) -> None:
    write(tmp_path, "A1")
    write(tmp_path, "B1")
    path = tmp_path / "B1_red.png"
    path.unlink()
    if fault == "truncated":
        path.write_bytes(b"\x89PNG")
    elif fault == "other size":
        cv2.imwrite(str(path), np.zeros((8, 9), np.uint8))
    elif fault == "dangling":
        path.symlink_to(tmp_path / "nowhere.png")
    status, said = show(tmp_path, "--json")
    good, bad = json.loads(said[said.index("{") : said.rindex("}") + 1])["fields"]
    assert status == 2
    assert good["problems"] == []
    told = {
        "missing": "no red channel, which other fields have",
        "truncated": "B1_red.png",
        "other size": "channels of several sizes: red 9 x 8, green 80 x 60",
        "dangling": "a link to a file that is not there",
    }
    assert told[fault] in " ".join(bad["problems"])


def test_the_contact_sheet_shows_every_channel(tmp_path: Path) -> None:
    write(tmp_path / "images", "A1")
    status, _ = show(tmp_path / "images", "--sheet", tmp_path / "sheet.png")
    picture = cv2.imread(str(tmp_path / "sheet.png"))
    assert status == 0
    assert picture.shape[1] > 4 * picture.shape[0]


def test_long_folders_are_cut_short(tmp_path: Path) -> None:
    for number in range(43):
        write(tmp_path, f"A{number:02d}", ("blue",))
    assert "... and 3 more (--all lists them)" in show(tmp_path)[1]
    assert "A42 " in show(tmp_path, "--all")[1]
