import errno
import os
from pathlib import Path

import pytest

from pipeline.engines.system_errors import explain_system_error
from tests.factories.command_line import finish_command


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.EACCES, "permissions"),
        (errno.EROFS, "a disk that can be written to"),
        (errno.EISDIR, "the path of a file"),
        (errno.ENOTDIR, "the path of a folder"),
        (errno.ENAMETOOLONG, "shorter"),
        (errno.ENOENT, "check the path"),
    ],
)
def test_what_where_and_what_to_do(code: int, advice: str, tmp_path: Path) -> None:
    told = str(explain_system_error(OSError(code, os.strerror(code), str(tmp_path / "a"))))
    assert told.startswith(f"{tmp_path / 'a'}: {os.strerror(code)};")
    assert advice in told
    assert "\n" not in told


def test_a_full_disk_is_told_with_the_room_that_is_left(tmp_path: Path) -> None:
    told = str(explain_system_error(OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "x/y"))))
    assert "No space left on device (" in told
    assert " MiB left)" in told
    assert "--work on another disk" in told


def test_a_library_s_message_without_a_file_is_kept() -> None:
    told = str(explain_system_error(OSError("Cannot save file into a folder\nand more")))
    assert told.startswith("a file: Cannot save file into a folder;")


@pytest.mark.parametrize("command", ["segment", "run", "explore"])
def test_a_file_in_the_place_of_the_work_folder_is_one_line(tmp_path: Path, command: str) -> None:
    import cv2
    import numpy as np

    for channel in ("red", "green", "blue", "yellow"):
        cv2.imwrite(str(tmp_path / f"a_{channel}.png"), np.zeros((64, 64), np.uint8))
    (tmp_path / "work").write_text("a file")
    (tmp_path / "labels.csv").write_text("ID,Label\na,0\n")
    labels = ["--labels", tmp_path / "labels.csv"] if command == "explore" else []
    words = ["hpacells", command, tmp_path, "--work", tmp_path / "work", *labels]
    done = finish_command([str(word) for word in words])
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2, done.stderr
    assert str(tmp_path / "work") in done.stderr
    assert (tmp_path / "work").read_text() == "a file"
