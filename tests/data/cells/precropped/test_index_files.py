from pathlib import Path

import pytest

from data.cells.precropped import index_files
from data.cells.precropped.index_files import find_beside
from data.channels import CHANNELS
from data.images.image_file import SUFFIXES


def list_before(folder: Path, name: str) -> dict[str, Path]:
    """Find files by a list of the folder, as earlier versions did."""
    found: dict[tuple[str, str], Path] = {}
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for suffix in SUFFIXES:
        for path in files:
            if path.name.lower().endswith(suffix):
                stem, _, channel = path.name[: -len(suffix)].rpartition("_")
                found.setdefault((stem, channel.lower()), path)
    return {
        channel: found.get((stem, channel), folder / f"{name}_{channel}{SUFFIXES[0]}")
        for stem, channel in ((name, channel) for channel in CHANNELS)
    }


PLAIN = [
    "a_red.png",
    "a_green.tif",
    "a_green.png",
    "a_blue.ome.tif",
    "b_1_red.png.gz",
    "other.txt",
    "x_far.png",
]
ODD = ["a_Red.png", "a_green.TIF", "a_green.png", "a_RED.png", "b_red.jpg", "A_red.png", "_blue.png"]


@pytest.mark.parametrize(("files", "is_plain"), [(PLAIN, True), (ODD, False), ([*PLAIN, "c_red.PNG"], False)])
def test_files_beside_an_index(
    tmp_path: Path, files: list[str], is_plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    (folder / "d_red.png").mkdir()
    for name in [*files, "sub/e_red.png"]:
        (folder / name).touch()
    if is_plain:
        monkeypatch.setattr(index_files, "_list_files", lambda _: pytest.fail("all files were listed"))
    for name in ("a", "A", "b_1", "b", "c", "d", "sub/e", "x", "", "../images/a", "n\0ul"):
        assert find_beside(folder, name) == list_before(folder, name), name


def test_no_folder(tmp_path: Path) -> None:
    assert find_beside(tmp_path / "none", "a")["red"] == tmp_path / "none" / "a_red.png"


def test_a_disk_without_letter_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a_red.png").touch()
    (tmp_path / "A_RED.PNG").mkdir()
    assert index_files._plain_endings(tmp_path) is None
    assert find_beside(tmp_path, "A")["red"] == tmp_path / "A_red.png"
