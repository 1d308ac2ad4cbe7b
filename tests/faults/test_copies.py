"""Attempts that cost little: copies of which only what changed is made again, and no attempt twice."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.factories.whole_job.damage import damage
from tests.factories.whole_job.states.copies import copy
from tests.faults.test_damage import list_blows
from tests.faults.test_kills import draw_kills


def write_folder(folder: Path) -> Path:
    (folder / "inner/empty").mkdir(parents=True)
    (folder / "a").write_bytes(b"content")
    (folder / "inner/b").write_bytes(b"more")
    (folder / "link").symlink_to("a")
    os.utime(folder / "a", ns=(10**18, 10**18 + 7))
    return folder


def content(folder: Path) -> dict[str, object]:
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mtime_ns if not path.is_symlink() else "",
            path.readlink() if path.is_symlink() else path.is_dir() or path.read_bytes(),
        )
        for path in folder.rglob("*")
    }


def replace_by_folder(work: Path) -> None:
    (work / "a").unlink()
    (work / "a/deeper").mkdir(parents=True)


def replace_by_file(work: Path) -> None:
    shutil.rmtree(work / "inner")
    (work / "inner").write_text("none")


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda work: None,
    "a bit, its time kept": lambda work: damage(work / "a", "flip", 0.5, 3, keeps_time=True),
    "a cut": lambda work: damage(work / "a", "cut", 0.5),
    "removed": lambda work: damage(work / "a", "remove"),
    "written in place": lambda work: (work / "inner/b").write_bytes(b"less"),
    "its time": lambda work: os.utime(work / "a"),
    "a new file": lambda work: (work / "inner/empty/c").write_bytes(b""),
    "a folder for a file": replace_by_folder,
    "a file for a folder": replace_by_file,
    "all gone": shutil.rmtree,
    "a file for a link": lambda work: ((work / "link").unlink(), (work / "link").write_text("x")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_copy_is_whole_whatever_was_done_to_the_last_one(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    folder, work = write_folder(tmp_path / "folder"), tmp_path / "to/work"
    copy(folder, work)
    assert content(work) == content(folder)
    inode = (work / "inner/b").stat().st_ino if change is CHANGES["nothing"] else None
    change(work)
    copy(folder, work)
    assert content(work) == content(folder)
    if inode is not None:
        assert (work / "inner/b").stat().st_ino == inode


def test_a_copy_of_another_folder_and_of_none(tmp_path: Path) -> None:
    folder, other, work = write_folder(tmp_path / "folder"), tmp_path / "other", tmp_path / "work"
    other.mkdir()
    (other / "a").write_bytes(b"another")
    copy(folder, work)
    copy(other, work)
    assert content(work) == content(other)
    copy(tmp_path / "none", work)
    assert not work.exists()
    copy(folder, work)
    assert content(work) == content(folder)


def test_no_file_is_damaged_twice_in_the_same_way(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "c").touch()
    assert sorted(blow.name for blow in list_blows(tmp_path, "**/*", "remove", 100)) == [
        "a",
        "c",
        "inner/b",
        "link",
    ]
    cuts = list_blows(tmp_path, "[ac]", "cut", 100)
    assert sorted(int(blow.place * 7) for blow in cuts) == list(range(7))
    assert len(set(list_blows(tmp_path, "[ac]", "flip", 1000))) == 7 * 8 * 2
    assert len(set(list_blows(tmp_path, "[ac]", "flip", 20))) == 20
    assert list_blows(tmp_path, "c", "cut", 5) == []


def test_no_command_is_killed_twice_in_the_same_way() -> None:
    kills = draw_kills("seed", 50, moments=3)
    assert len(kills) == len(set(kills)) == 12
    assert {1 + int(kill.moment * 3) for kill in kills} == {1, 2, 3}
    assert len(draw_kills("seed", 50)) == 50
