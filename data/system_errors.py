"""Errors of the operating system, also where a library has put them into words of its own; and full disks."""

import errno
import os
import re
import shutil
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Numbers of the errors that say that there is no room."""

_NUMBER = re.compile(r"\(os error (\d+)\)|\[errno (\d+)\]|\bOs \{ code: (\d+)|\berrno = (\d+)", re.IGNORECASE)
"""How libraries in Rust, C++ and C (HDF5) name the number of an error."""


def find_system_error(error: BaseException) -> OSError | None:
    """Return an operating system's error, also one that a library has put into words; else None."""
    if isinstance(error, OSError):
        return error
    number = _NUMBER.search(str(error))
    if number is None:
        return None
    code = int(next(filter(None, number.groups())))
    return OSError(code, os.strerror(code))


def is_full(error: BaseException) -> bool:
    """Check whether an error says that there is no room, so that whatever is written next fails as well."""
    found = find_system_error(error)
    return found is not None and found.errno in FULL


def room_left(where: object) -> str:
    """Return the room left on the disk of a path, in brackets; empty where that is not known."""
    path = Path(str(where)).absolute()
    try:
        while not path.exists() and path != path.parent:
            path = path.parent
        return f" ({shutil.disk_usage(path).free / 2**20:.0f} MiB left)"
    except OSError:
        return ""
