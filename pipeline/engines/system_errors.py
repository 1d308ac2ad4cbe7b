"""Errors of the operating system, said as one line: what could not be done, where, and what to do next."""

import errno
import os

from data.errors import InputError
from data.system_errors import FULL, room_left

_ADVICE = {
    errno.EACCES: "change its permissions, or give another path",
    errno.EPERM: "change its permissions, or give another path",
    errno.EROFS: "give a folder on a disk that can be written to",
    errno.EISDIR: "give the path of a file",
    errno.ENOTDIR: "give the path of a folder",
    errno.EEXIST: "give another path, or move what is there away",
    errno.ENAMETOOLONG: "give a shorter path, or shorten the names of the images",
    errno.ELOOP: "check where the links lead",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EIO: "check the disk",
    errno.ESTALE: "mount the network disk again",
}


def explain_system_error(error: OSError) -> InputError:
    """Return an operating system's error as one that the user can mend.

    A full disk is told with the room that is left; the message of a library that names no file is kept.
    """
    what = (
        os.strerror(error.errno)
        if error.errno in FULL
        else error.strerror or str(error).splitlines()[0]
        if str(error)
        else type(error).__name__
    )
    named = error.filename2 or error.filename
    where = named or "a file"
    if error.errno in FULL:
        return InputError(
            found=f"{what}{room_left(named) if named else ''}",
            where=where,
            expected="room for the results",
            advice="free some, or give a --work on another disk; the same command resumes where it stopped",
        )
    advice = _ADVICE.get(error.errno or 0, "check the path")
    return InputError(found=what, where=where, expected="a path that can be read and written", advice=advice)
