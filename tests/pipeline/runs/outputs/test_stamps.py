import os
import shutil
from pathlib import Path

import pytest

from pipeline.runs.outputs.stamps import SMALL_BYTES, find_changed, is_unchanged, stamp_outputs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "masks/.fields").mkdir(parents=True)
    for name in ("a.png", "b.png", ".fields/a.parquet"):
        (tmp_path / "masks" / name).write_text(name)
    return tmp_path / "masks"


def stamp(path: Path) -> str:
    return stamp_outputs((path,), path.parent)[path.name]


def flip(path: Path, *, keep_time: bool = False) -> None:
    stat, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    # Two writes may fall into one tick of the file system's clock.
    time = stat.st_mtime_ns + (0 if keep_time else 1_000_000)
    os.utime(path, ns=(time, time))


@pytest.mark.parametrize("change", ["remove", "cut", "add", "rename", "flip"])
def test_a_changed_folder_is_noticed(folder: Path, change: str) -> None:
    before = stamp(folder)
    assert stamp(folder) == before
    assert is_unchanged(folder, before)
    if change == "remove":
        (folder / ".fields/a.parquet").unlink()
    elif change == "cut":
        (folder / "a.png").write_text("")
    elif change == "add":
        (folder / "c.png").touch()
    elif change == "flip":
        flip(folder / "a.png")
    else:
        (folder / "a.png").rename(folder / "d.png")
    assert not is_unchanged(folder, before)
    shutil.rmtree(folder)
    assert not is_unchanged(folder, before)


def test_a_copied_folder_is_the_same(folder: Path, tmp_path: Path) -> None:
    before = stamp_outputs((folder, folder / "a.png"), tmp_path)
    assert list(before) == ["masks", "masks/a.png"]
    shutil.copytree(folder, tmp_path / "copy/masks", copy_function=shutil.copy)
    assert find_changed(before, tmp_path / "copy") == []
    (tmp_path / "copy/masks/a.png").write_text("other")
    assert find_changed(before, tmp_path / "copy") == [tmp_path / "copy/masks", tmp_path / "copy/masks/a.png"]


@pytest.mark.parametrize("change", ["cut", "flip", "flip, time kept", "remove", "folder"])
def test_a_changed_file_is_noticed(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a"
    path.write_text("content")
    before = stamp(path)
    if change == "cut":
        path.write_text("cont")
    elif change.startswith("flip"):
        flip(path, keep_time=change.endswith("kept"))
    else:
        path.unlink()
        if change == "folder":
            path.mkdir()
    assert not is_unchanged(path, before)


def test_a_large_file_is_read_only_where_its_time_has_changed(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(SMALL_BYTES + 1))
    before = stamp(path)
    with monkeypatch.context() as patched:
        patched.delattr("pipeline.runs.outputs.stamps.hash_file")
        assert is_unchanged(path, before)
    path.touch()
    assert is_unchanged(path, before)
    flip(path)
    assert not is_unchanged(path, before)


def test_what_is_missing_and_what_lies_elsewhere(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "x").mkdir(parents=True)
    (work / "x/a").touch()
    (tmp_path / "b").touch()
    stamps = stamp_outputs((work / "x/a", tmp_path / "b", work / "z"), work)
    assert list(stamps) == ["x/a", str(tmp_path / "b"), "z"]
    assert stamps["z"] == "missing"
    assert find_changed(stamps, work) == []
    (work / "z").touch()
    assert find_changed(stamps, work) == [work / "z"]


def test_links_and_pipes_in_a_folder(folder: Path) -> None:
    (folder / "dead").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    before = stamp(folder)
    (folder / "a.png").touch()
    assert is_unchanged(folder, before)
