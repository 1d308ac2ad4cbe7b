import shutil
from pathlib import Path

import pytest

from pipeline.runs.stamps import stamp_outputs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "masks/.fields").mkdir(parents=True)
    for name in ("a.png", "b.png", ".fields/a.parquet"):
        (tmp_path / "masks" / name).write_text(name)
    return tmp_path / "masks"


@pytest.mark.parametrize("change", ["remove", "cut", "add", "rename"])
def test_a_changed_folder_is_noticed(folder: Path, change: str) -> None:
    before = stamp_outputs((folder,))
    assert stamp_outputs((folder,)) == before
    if change == "remove":
        (folder / ".fields/a.parquet").unlink()
    elif change == "cut":
        (folder / "a.png").write_text("")
    elif change == "add":
        (folder / "c.png").touch()
    else:
        (folder / "a.png").rename(folder / "d.png")
    assert stamp_outputs((folder,)) != before


def test_a_copied_folder_is_the_same_and_a_changed_file_is_not(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy/masks")
    assert stamp_outputs((tmp_path / "copy/masks",)) == stamp_outputs((folder,))
    file = folder / "a.png"
    before = stamp_outputs((file,))
    file.write_text("other")
    assert stamp_outputs((file,)) != before


def test_what_is_missing_and_two_files_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/a").touch()
    stamps = stamp_outputs((tmp_path / "x/a", tmp_path / "y/a", tmp_path / "z"))
    assert set(stamps) == {"x/a", "y/a", "z"}
    assert stamps["y/a"] == stamps["z"] == "missing"
