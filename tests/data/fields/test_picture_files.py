import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.errors import InputError
from data.fields import picture_files
from data.fields.field import Field
from data.fields.picture_files import find_other, record_files, refuse_other
from data.images.plane_address import PlaneAddress

CHANNELS = ("blue", "green")


def make(folder: Path, value: int) -> Field:
    folder.mkdir()
    for channel in CHANNELS:
        cv2.imwrite(str(folder / f"a_{channel}.bmp.png"), np.full((40, 50), value, np.uint8))
    return Field("a", {channel: folder / f"a_{channel}.bmp.png" for channel in CHANNELS})


def test_moved_copied_and_touched_files_are_the_same(tmp_path: Path) -> None:
    field = make(tmp_path / "a", 7)
    recorded = record_files(field, ["blue", "red"])
    assert list(recorded) == ["blue"]
    assert find_other(field, recorded) is None
    os.utime(field.files["blue"], (1, 1))
    assert find_other(field, recorded) is None
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    copied = {channel: tmp_path / "b" / path.name for channel, path in field.files.items()}
    assert find_other(replace(field, files=copied), recorded) is None


def test_other_pictures_are_noticed(tmp_path: Path) -> None:
    field, other = make(tmp_path / "a", 7), make(tmp_path / "b", 8)
    recorded = record_files(field, CHANNELS)
    assert other.files["blue"].stat().st_size == field.files["blue"].stat().st_size
    assert find_other(other, recorded) == "blue"
    shutil.copy(field.files["blue"], other.files["blue"])
    assert find_other(other, recorded) == "green"
    with pytest.raises(InputError, match=r"b/a_green.*: not the green picture that was segmented.*again"):
        refuse_other(other, recorded)
    refuse_other(other, {"blue": recorded["blue"]})
    # Replaced where it is, by a file of another size.
    field.files["blue"].write_bytes(b"other")
    assert find_other(field, recorded) == "blue"


def test_another_picture_of_the_same_file_is_another(tmp_path: Path) -> None:
    field = make(tmp_path / "a", 7)
    recorded = record_files(field, ["blue"])
    moved = replace(field, addresses={"blue": PlaneAddress(picture=1)})
    assert find_other(moved, recorded) == "blue"
    assert find_other(replace(field, addresses={"blue": PlaneAddress(z="max")}), recorded) is None


def test_parts_of_a_large_file_are_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_files, "_WHOLE_BYTES", 64)
    content = np.random.default_rng(0).integers(0, 256, 10_000, dtype=np.uint8)
    (tmp_path / "a.tif").write_bytes(content.tobytes())
    field = Field("a", {"blue": tmp_path / "a.tif"})
    recorded = record_files(field, ["blue"])
    assert len(recorded["blue"].content) == 64
    (tmp_path / "b.tif").write_bytes(content[::-1].tobytes())
    assert find_other(Field("a", {"blue": tmp_path / "b.tif"}), recorded) == "blue"


def test_a_folder_is_hashed_with_its_files(tmp_path: Path) -> None:
    import zarr

    for name, value in (("a", 1), ("b", 2)):
        group = zarr.open_group(tmp_path / f"{name}.zarr", mode="w", zarr_format=2)
        array = group.create_array("0", shape=(1, 8, 8), dtype="uint8", compressors=None)
        array[:] = value
        axes = [{"name": axis} for axis in "cyx"]
        group.attrs["multiscales"] = [{"version": "0.4", "axes": axes, "datasets": [{"path": "0"}]}]
    one, two = (Field("a", {"blue": tmp_path / f"{name}.zarr"}) for name in "ab")
    recorded = record_files(one, ["blue"])
    assert find_other(one, recorded) is None
    assert find_other(two, recorded) == "blue"


def test_a_file_that_is_gone_is_one_line(tmp_path: Path) -> None:
    field = make(tmp_path / "a", 7)
    recorded = record_files(field, ["blue"])
    field.files["blue"].unlink()
    with pytest.raises(InputError, match=r"a_blue.*cannot be opened \(No such file"):
        refuse_other(field, recorded)
