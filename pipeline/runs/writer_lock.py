"""One writer per work folder: a lock that says who holds it and that ends with its holder."""

import fcntl
import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.storage.url import hide_secrets

LOCK_NAME = ".lock"
"""Name of the lock file in the folder, which is there only while a command runs, or after it was killed."""

FILE_LOCK_NAME = ".lock.holder"
"""The same where the file system knows no locks: whoever made the file has the lock."""

_TRIES, _PAUSE_SECONDS = 10, 0.02
"""A command that only looks who writes has the lock for a moment, and a new holder no name yet."""

_held: Counter[Path] = Counter()
_guard = threading.Lock()


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a folder while the block runs; blocks of one process may nest.

    The operating system keeps the lock (``flock``), on network file systems with their server's help, and
    ends it when the process ends, however that happens. Where the file system knows no locks, a file is the
    lock; one that a dead process of this machine has left is taken over.

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
            if not nested:
                _release(folder, descriptor)


def refuse_other_writer(folder: Path) -> None:
    """Check that no other process is writing to a folder; nothing is changed there.

    Raises
    ------
    InputError
        Another process is writing there; the message names it.
    """
    folder = folder.resolve()
    with _guard:
        if _held[folder]:
            return
        if (folder / FILE_LOCK_NAME).exists():
            _refuse_living_holder(folder / FILE_LOCK_NAME)
        try:
            descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
        except OSError:
            # No lock, no folder, or one that cannot be read: what comes next finds out.
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(folder / LOCK_NAME) from None
        except OSError:
            return
        finally:
            os.close(descriptor)


def _lock(folder: Path) -> int | None:
    """Return the locked file; None where the file system knows no locks, and a file is the lock."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_NAME
    for _ in range(_TRIES):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            time.sleep(_PAUSE_SECONDS)
            continue
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            _lock_by_file(folder / FILE_LOCK_NAME)
            return None
        if _is_current(descriptor, path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, describe_holder().encode())
            return descriptor
        os.close(descriptor)
    raise _busy(path)


def _lock_by_file(path: Path) -> None:
    for _ in range(_TRIES):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            _refuse_living_holder(path)
            path.unlink(missing_ok=True)
            continue
        os.write(descriptor, describe_holder().encode())
        os.close(descriptor)
        return
    raise _busy(path)


def _refuse_living_holder(path: Path) -> None:
    """Check that the process that made a lock file is one of this machine, and dead."""
    holder = _read_holder(path)
    if holder.get("host") != socket.gethostname() or is_alive(holder):
        raise _busy(path)


def is_alive(holder: dict[str, Any]) -> bool:
    """Check whether the process of a lock's holder runs on this machine; one without a number does."""
    try:
        os.kill(int(holder["process"]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, KeyError, ValueError):
        # Another user's, or not known.
        pass
    return True


def _release(folder: Path, descriptor: int | None) -> None:
    # Removed before it is given up: whoever waits for it sees that it is gone, and makes another.
    if descriptor is None:
        (folder / FILE_LOCK_NAME).unlink(missing_ok=True)
    else:
        (folder / LOCK_NAME).unlink(missing_ok=True)
        os.close(descriptor)


def _is_current(descriptor: int, path: Path) -> bool:
    """Check whether the locked file is still the one of that name, not one that its holder removed."""
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def describe_holder() -> str:
    """Return who takes a lock, as JSON: command without secrets, process, host, and since when."""
    command = hide_secrets(" ".join(["hpacells", *sys.argv[1:]]))
    return json.dumps(
        {
            "command": command,
            "process": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now().astimezone().isoformat(" ", "seconds"),
        }
    )


def _busy(path: Path) -> InputError:
    holder = _read_holder(path)
    try:
        name = "`{command}`, process {process} on {host}, since {since}".format_map(holder)
    except KeyError:
        name = f"see {path}"
    advice = "wait for it, or give another --work"
    if holder.get("host") != socket.gethostname() or path.name == FILE_LOCK_NAME:
        advice += f"; if it does not run any more, remove {path}"
    return InputError(
        found=f"another hpacells is writing there ({name})",
        where=path.parent,
        expected="one command at a time in a work folder",
        advice=advice,
    )


def _read_holder(path: Path) -> dict[str, Any]:
    """Read who has a lock; empty where it cannot be read, or it has not yet written who it is."""
    for _ in range(_TRIES):
        try:
            holder = json.loads(path.read_text())
        except OSError:
            return {}
        except ValueError:
            time.sleep(_PAUSE_SECONDS)
            continue
        return holder if isinstance(holder, dict) else {}
    return {}
