import os
from pathlib import Path

import pytest

from data.fields.naming.folder_listing import Kind, list_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images/sub/.hidden").mkdir(parents=True)
    for name in ("b.png", "a.TIF.GZ", "notes.txt", "sub/c.jpg", "sub/.d.png", "sub/.hidden/e.png"):
        (tmp_path / "images" / name).touch()
    return tmp_path / "images"


def names(folder: Path) -> list[str]:
    return ["/".join(file.parts) for file in list_folder(folder).files]


def test_images_in_order_without_hidden_ones(folder: Path) -> None:
    assert names(folder) == ["a.TIF.GZ", "b.png", "sub/c.jpg"]
    assert list_folder(folder).others == 1
    assert [file.suffix for file in list_folder(folder).files] == [".tif.gz", ".png", ".jpg"]


def test_linked_files_and_folders_are_followed_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/x.png").touch()
    (folder / "linked").symlink_to(tmp_path / "disk")
    (folder / "again").symlink_to(tmp_path / "disk")
    (folder / "y.png").symlink_to(tmp_path / "disk/x.png")
    assert names(folder) == ["a.TIF.GZ", "again/x.png", "b.png", "sub/c.jpg", "y.png"]


def test_loops_are_cut(folder: Path) -> None:
    (folder / "sub/up").symlink_to(folder)
    (folder / "sub/above").symlink_to(folder.parent)
    (folder / "self").symlink_to(folder / "self")
    assert names(folder) == ["a.TIF.GZ", "b.png", "sub/c.jpg"]


def test_what_is_no_file_is_told_and_not_opened(folder: Path) -> None:
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    kinds = {file.path.name: file.kind for file in list_folder(folder).files}
    assert kinds["dangling.png"] == kinds["loop.png"] == Kind.DANGLING
    assert (kinds["folder.png"], kinds["pipe.png"]) == (Kind.FOLDER, Kind.SPECIAL)
    assert kinds["b.png"] is Kind.FILE


def test_an_ome_zarr_folder_is_one_image(folder: Path) -> None:
    (folder / "x.ome.zarr/0").mkdir(parents=True)
    (folder / "x.ome.zarr/0/picture.png").touch()
    assert "x.ome.zarr" in names(folder)
    assert not any("picture" in name for name in names(folder))
