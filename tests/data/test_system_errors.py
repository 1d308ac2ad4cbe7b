import errno

import pytest

from data.system_errors import find_system_error, is_full, room_left


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("No space left on device (os error 28)", errno.ENOSPC),
        ("[Errno 28] cannot write", errno.ENOSPC),
        ("Can't close (unable to extend file properly, errno = 28, error message = 'No')", errno.ENOSPC),
        ('Io(Os { code: 13, kind: PermissionDenied, message: "Permission denied" })', errno.EACCES),
    ],
)
def test_what_a_library_says_of_the_systems_error(message: str, code: int) -> None:
    found = find_system_error(RuntimeError(message))
    assert found is not None
    assert found.errno == code
    assert is_full(RuntimeError(message)) == (code == errno.ENOSPC)


def test_other_errors_are_none() -> None:
    assert find_system_error(RuntimeError("checksum of chunk 28 does not agree")) is None
    assert not is_full(ValueError("disk"))
    error = OSError(errno.EFBIG, "File too large")
    assert find_system_error(error) is error
    assert is_full(error)


def test_room_of_a_path_that_is_not_there_yet(tmp_path) -> None:
    assert room_left(tmp_path / "a/b/c").endswith(" MiB left)")
