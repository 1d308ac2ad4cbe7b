"""The files of a work folder's copy that belong at its URL, and what they look like."""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from data.atomic import FILE_LIST, is_temporary
from pipeline.runs.storage.sync_record import Stamp

# As `data.atomic` names folders that are not finished, or are being replaced.
_UNFINISHED = re.compile(r"\..+\.(partial|replaced|[0-9a-f]{8})")


def scan(root: Path) -> dict[str, Stamp]:
    """Return name and stamp of each file, without locks, records and what is not finished."""
    return {name: _look(path) for name, path in _walk(root, "")}


def belongs(name: str) -> bool:
    """Check whether a file belongs at the URL, by its name in the work folder."""
    first, *rest = name.split("/")
    if first.startswith(".") and name != FILE_LIST:
        return False
    return not any(is_temporary(Path(part)) or _UNFINISHED.fullmatch(part) for part in (first, *rest))


def stamp(path: Path) -> Stamp | None:
    """Return size and time of modification (ns) of a file; None where it is not there."""
    try:
        return _look(path)
    except FileNotFoundError:
        return None


def is_part(name: str, paths: Collection[str]) -> bool:
    """Check whether a file is one of some paths, or lies in one of them."""
    while name:
        if name in paths:
            return True
        name = name.rpartition("/")[0]
    return False


def _look(path: Path) -> Stamp:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if not belongs(name):
                continue
            if entry.is_dir():
                yield from _walk(Path(entry.path), f"{name}/")
            elif entry.is_file():
                yield name, Path(entry.path)
