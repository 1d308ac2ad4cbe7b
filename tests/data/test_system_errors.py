import errno
from pathlib import Path

import pytest

from data.system_errors import find_system_error, is_full, room_left


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("No space left on device (os error 28)", errno.ENOSPC),
        ("Error writing bytes to file. Detail: [errno 28] No space left on device", errno.ENOSPC),
        ("IoError(Os { code: 13, kind: PermissionDenied })", errno.EACCES),
        ("index 28 is out of bounds", None),
        ("", None),
    ],
)
def test_errors_in_a_library_s_words(text: str, code: int | None) -> None:
    found = find_system_error(RuntimeError(text))
    assert (found and found.errno) == code
    assert is_full(RuntimeError(text)) == (code == errno.ENOSPC)


def test_an_error_of_the_system_is_itself() -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "a")
    assert find_system_error(error) is error


def test_the_room_of_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert room_left(tmp_path / "a/b").endswith(" MiB left)")
