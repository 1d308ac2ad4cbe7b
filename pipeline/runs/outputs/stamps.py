"""What a stage's outputs looked like when it ended, to notice what was changed, cut or removed since."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from data.file_hash import hash_file
from pipeline.runs.manifest import hash_json

MISSING = "missing"
"""Stamp of an output that was not written."""

SMALL_BYTES = 2**20
"""Up to here a file's content is always compared; that of a larger one only where its time has changed."""

_FILE = re.compile(r"(?P<size>\d+) bytes, modified (?P<time>\d+), sha256 (?P<content>\w+)")
_FOLDER = re.compile(r"\d+ files (?P<size>\w+), modified (?P<time>\w+), sha256 (?P<content>\w+)")


def stamp_outputs(outputs: tuple[Path, ...], root: Path) -> dict[str, str]:
    """Return what each output looks like.

    Returns
    -------
    dict
        Path -> size, modification time and hash of a file; number of the files in a folder, and hashes of
        their names and sizes, of their times, and of their content. Paths below ``root`` are relative to it.
        The content of large files in folders is left out.
    """
    return {name_output(path, root): _stamp(path) for path in outputs}


def find_changed(stamps: Mapping[str, str], root: Path) -> list[Path]:
    """List the outputs that are not as they were stamped; equal content at another time is not a change."""
    return [root / name for name, stamp in stamps.items() if not is_unchanged(root / name, stamp)]


def is_unchanged(path: Path, stamp: str) -> bool:
    """Check whether a file or folder is as it was stamped, reading no more of it than needed."""
    if stamp == MISSING or not path.exists():
        return stamp == MISSING and not path.exists()
    parts = (_FOLDER if path.is_dir() else _FILE).fullmatch(stamp)
    if parts is None:
        return False
    look = _Folder(path) if path.is_dir() else _File(path)
    if look.size != parts["size"]:
        return False
    if look.time == parts["time"] and not look.is_small:
        return True
    return look.content() == parts["content"]


def name_output(path: Path, root: Path) -> str:
    """Return the path below ``root``, so that the work folder can be moved; the whole path elsewhere."""
    path, root = path.absolute(), root.absolute()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _stamp(path: Path) -> str:
    if path.is_dir():
        look = _Folder(path)
        return f"{look.count} files {look.size}, modified {look.time}, sha256 {look.content()}"
    if path.is_file():
        file = _File(path)
        return f"{file.size} bytes, modified {file.time}, sha256 {file.content()}"
    return MISSING


class _File:
    """What a file looks like: its size and time as texts, and its content where that is asked for."""

    def __init__(self, path: Path) -> None:
        stat = path.stat()
        self._path = path
        self.size, self.time = str(stat.st_size), str(stat.st_mtime_ns)
        self.is_small = stat.st_size <= SMALL_BYTES

    def content(self) -> str:
        return hash_file(self._path)


class _Folder:
    """What the files in a folder look like, all together."""

    is_small = False
    """Too many files to read them all each time."""

    def __init__(self, path: Path) -> None:
        self._path, self._files = path, sorted(_list_files(path, ""))
        self.count = len(self._files)
        self.size = hash_json([[name, size] for name, size, _ in self._files])[:16]
        self.time = hash_json([[name, time] for name, _, time in self._files])[:16]

    def content(self) -> str:
        digest = hashlib.sha256()
        for name, size, _ in self._files:
            # Large ones are shards of tiles, which have checksums of their own.
            if size <= SMALL_BYTES and (self._path / name).is_file():
                digest.update(f"{name}\0{hash_file(self._path / name)}\n".encode(errors="surrogateescape"))
        return digest.hexdigest()


def _list_files(folder: Path, prefix: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _list_files(Path(entry.path), f"{prefix}{entry.name}/")
            else:
                stat = entry.stat(follow_symlinks=False)
                yield f"{prefix}{entry.name}", stat.st_size, stat.st_mtime_ns
