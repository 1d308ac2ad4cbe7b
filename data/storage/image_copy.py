"""Copies of images at URLs: listed at once, fetched when needed, removed when they take too much room."""

import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

from data.errors import InputError
from data.storage.local_copy import locate_copy
from data.storage.remote import Listing, Remote, RemoteFile
from data.storage.transfers import transfers

ROOM_VARIABLE = "HPACELLS_CACHE_GB"
"""Environment variable with the room (GB) that copies of images may take."""

DEFAULT_ROOM_GB = 20.0


class ImageCopy:
    """The images below a URL, and those of them that are on this machine.

    Attributes
    ----------
    root
        The folder in which a file has the path that it has below the URL.
    """

    def __init__(self, url: str) -> None:
        self._room = room_bytes()
        self._remote = Remote(url)
        self.root = locate_copy("images", self._remote.place, self._remote.label)
        self.root.mkdir(parents=True, exist_ok=True)
        self.label = self._remote.label
        self._files: dict[str, RemoteFile] = {}
        self._coming: dict[str, Future[None]] = {}
        self._used: Counter[str] = Counter()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._guard = threading.Lock()

    def list(self) -> Listing:
        """List what lies there now; errors as of ``Remote.list``."""
        listing = self._remote.list()
        with self._guard:
            self._files = listing.files
            self._sizes.clear()
            self._note_kept()
        return listing

    def find(self, path: Path) -> RemoteFile | None:
        """Return what was listed of a file; None where it was not listed."""
        if not self._files:
            self.list()
        return self._files.get(self._name(path))

    def request(self, path: Path) -> Future[None] | None:
        """Begin to fetch a file; None where it is here, or was not listed."""
        file, name = self.find(path), self._name(path)
        if file is None:
            return None
        with self._guard:
            coming = self._coming.get(name)
            if coming is None and not _is_here(path, file):
                coming = transfers().submit(self._fetch, name, path, file)
                self._coming[name] = coming
        return coming

    @contextmanager
    def held(self, path: Path) -> Iterator[None]:
        """Fetch a file that is not here, and keep it here until the block ends.

        Raises
        ------
        InputError
            It cannot be read, or is another one than was listed.
        """
        name = self._name(path)
        with self._guard:
            self._used[name] += 1
        try:
            coming = self.request(path)
            if coming is not None:
                coming.result()
            elif (file := self._files.get(name)) is not None:
                with self._guard:
                    self._sizes[name] = file.size
                    self._sizes.move_to_end(name)
                with suppress(OSError):
                    # By the time of last use the copies of earlier commands are put in order.
                    os.utime(path, ns=(time.time_ns(), file.modified_ns))
            yield
        finally:
            with self._guard:
                self._used[name] -= 1
                if self._used[name] <= 0:
                    del self._used[name]

    def _fetch(self, name: str, path: Path, file: RemoteFile) -> None:
        try:
            with suppress(OSError):
                # An empty folder is there if somebody gave the URL of this file for one.
                path.rmdir()
            self._remote.fetch(name, path, file)
            with self._guard:
                self._sizes[name] = file.size
                self._sizes.move_to_end(name)
                self._make_room(name)
        finally:
            with self._guard:
                self._coming.pop(name, None)

    def _make_room(self, newest: str) -> None:
        """Remove the copies that were not used for longest, until the others fit."""
        limit, total = self._room, sum(self._sizes.values())
        for name in list(self._sizes):
            if total <= limit:
                return
            if name == newest or self._used[name] or name in self._coming:
                continue
            total -= self._sizes.pop(name)
            (self.root / name).unlink(missing_ok=True)

    def _note_kept(self) -> None:
        """Note the copies that earlier commands left, in the order of their last use."""
        found = []
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                with suppress(OSError):
                    found.append((path.stat().st_atime_ns, self._name(path), path))
        for _, name, path in sorted(found):
            file = self._files.get(name)
            if file is not None and _is_here(path, file):
                self._sizes[name] = file.size

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def room_bytes() -> int:
    """Return the room (bytes) that copies of images below one URL may take."""
    try:
        return int(float(os.environ.get(ROOM_VARIABLE) or DEFAULT_ROOM_GB) * 1e9)
    except ValueError:
        raise InputError(
            found=os.environ[ROOM_VARIABLE], where=ROOM_VARIABLE, expected="a number of GB, such as 20"
        ) from None


def _is_here(path: Path, file: RemoteFile) -> bool:
    """Check whether a copy is that of the listed file, which a fetched one has the time of."""
    try:
        stat = path.stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (file.size, file.modified_ns)
