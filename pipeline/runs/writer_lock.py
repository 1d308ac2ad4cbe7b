"""One writer per work folder: a lock that says who holds it and that ends with its holder."""

import fcntl
import json
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from data.errors import InputError

LOCK_NAME = ".lock"
"""Name of the lock file in the folder, which is there only while a command runs, or after it was killed."""

_held: Counter[Path] = Counter()
_guard = threading.Lock()


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a folder while the block runs; blocks of one process may nest.

    The operating system keeps the lock (``flock``), on network file systems with their server's help, and
    ends it when the process ends, however that happens. Where the file system knows no locks there is none.

    Raises
    ------
    InputError
        Another process is writing there; the message names it.
    """
    folder = folder.resolve()
    with _guard:
        nested = _held[folder] > 0
        descriptor = None if nested else _lock(folder)
        _held[folder] += 1
    try:
        yield
    finally:
        with _guard:
            _held[folder] -= 1
            if descriptor is not None:
                # Removed before it is given up: whoever waits for it sees that it is gone, and makes another.
                (folder / LOCK_NAME).unlink(missing_ok=True)
                os.close(descriptor)


def _lock(folder: Path) -> int | None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_NAME
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_current(descriptor, path):
            os.close(descriptor)
            return _lock(folder)
    except BlockingIOError:
        os.close(descriptor)
        raise InputError(
            found=f"another hpacells is writing there ({_name_holder(path)})",
            where=folder,
            expected="one command at a time in a work folder",
            advice="wait for it, or give another --work",
        ) from None
    except OSError:
        # A file system without locks: better none than no work at all.
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, _describe_holder().encode())
    return descriptor


def _is_current(descriptor: int, path: Path) -> bool:
    """Check whether the locked file is still the one of that name, not one that its holder removed."""
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _describe_holder() -> str:
    command = " ".join(["hpacells", *sys.argv[1:]])
    return json.dumps(
        {
            "command": command,
            "process": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now().astimezone().isoformat(" ", "seconds"),
        }
    )


def _name_holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        return "`{command}`, process {process} on {host}, since {since}".format_map(holder)
    except (OSError, ValueError, KeyError):
        # It has the lock, and has not yet written who it is.
        return f"see {path}"
