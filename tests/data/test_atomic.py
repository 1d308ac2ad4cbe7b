from pathlib import Path

import pytest

from data.atomic import FILE_LIST, atomic_folder, atomic_write, is_temporary, remove_temporary
from data.errors import InputError


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "folder"
    with atomic_folder(target) as temporary:
        (temporary / "a").write_text("a")
        assert not target.exists()
    assert (target / "a").read_text() == "a"
    with pytest.raises(ZeroDivisionError), atomic_folder(tmp_path / "other") as temporary:
        (temporary / "b").write_text(str(1 / 0))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "deep", "folder"]


def test_a_folder_that_another_process_made_stays(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "folder") as ours:
        (ours / "ours").touch()
        with atomic_folder(tmp_path / "folder") as theirs:
            (theirs / "theirs").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "theirs"]


def test_a_folder_replaces_an_older_one_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").touch()
    # What a killed run has left.
    (tmp_path / ".folder.partial").mkdir()
    (tmp_path / ".folder.partial" / "half").touch()
    with pytest.raises(ZeroDivisionError), atomic_folder(target, replace=True) as temporary:
        (temporary / "b").write_text(str(1 / 0))
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "old"]
    with atomic_folder(target, replace=True) as temporary:
        (temporary / "new").touch()
        assert (target / "old").exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) == [FILE_LIST, "folder", "new"]


def test_a_folder_with_somebody_s_file_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    for _ in range(2):
        with atomic_folder(target, replace=True) as temporary:
            (temporary / "pages").mkdir()
            (temporary / "pages/a.html").touch()
    (target / "pages/notes.txt").write_text("mine")
    with (
        pytest.raises(InputError, match=r"folder: pages/notes.txt, which hpacells did not write"),
        atomic_folder(target, replace=True),
    ):
        pytest.fail("refused before any work")
    (target / "pages/notes.txt").unlink()
    with pytest.raises(InputError), atomic_folder(target, replace=True):
        (target / "late.txt").write_text("mine")
    assert (target / "late.txt").read_text() == "mine"
    assert (target / "pages/a.html").exists()


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "masks"
    kept = [
        folder / ".fields" / "a.parquet",
        folder / ".mine.png",
        folder / "b.1234abcd.part.png",
        tmp_path / "cells.csv",
    ]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    left = []
    for path in (
        folder / "a_cells.png",
        folder / ".fields" / "b.parquet",
        tmp_path / "cells.csv",
        tmp_path / "no suffix",
    ):
        with atomic_write(path) as temporary:
            temporary.touch()
            left.append(temporary)
    for path in left:
        assert is_temporary(path)
        path.touch()
    remove_temporary(folder)
    assert [path.exists() for path in left] == [False, False, True, True]
    remove_temporary(tmp_path / "cells.csv")
    assert [path.exists() for path in left] == [False, False, False, True]
    remove_temporary(tmp_path / "no suffix")
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)


def test_a_long_name_has_a_temporary_one_that_is_not_longer(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 251 + ".png")
    with atomic_write(path) as temporary:
        temporary.touch()
        assert len(temporary.name) < 255
    assert path.is_file()
