"""The files of pre-cropped cells: found beside an index, and whether they changed."""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from data.cells.precropped.precropped_cell import PrecroppedCell
from data.channels import CHANNELS
from data.images.image_file import SUFFIXES
from data.tables.sorted_texts import sort_texts

_SEPARATOR = "\0"
"""Between the parts of a path; before all other characters, so that texts are in the order of paths."""


def fingerprint_cells(cells: Iterable[PrecroppedCell]) -> Iterator[tuple[str, int, int]]:
    """Return path, bytes and modification time (ns) of the files of some cells; zeros for a missing one.

    The files are in the order of their paths, each once; they are sorted on the disk, however many they are.
    """
    paths = (path for cell in cells for path in (*cell.files.values(), cell.mask) if path is not None)
    for text in sort_texts(_SEPARATOR.join(path.parts) for path in paths):
        path = Path(*text.split(_SEPARATOR))
        stat = _stat(path)
        yield str(path), stat.st_size if stat else 0, stat.st_mtime_ns if stat else 0


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat() if path.is_file() else None
    except OSError:
        return None  # Such as of a name that is too long; its cell fails when it is read.


@lru_cache(maxsize=16)
def _channel_files(folder: Path) -> dict[tuple[str, str], Path]:
    """List the files ``<ID>_<channel>`` of a folder, channel and ending in any letter case.

    Returns
    -------
    dict
        ID and channel -> file; of several endings the first of ``SUFFIXES``.
    """
    found: dict[tuple[str, str], Path] = {}
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return {}
    for suffix in SUFFIXES:
        for path in files:
            if path.name.lower().endswith(suffix):
                name, _, channel = path.name[: -len(suffix)].rpartition("_")
                found.setdefault((name, channel.lower()), path)
    return found


@lru_cache(maxsize=4096)
def find_beside(folder: Path, name: str) -> dict[str, Path]:
    """Find the files ``<name>_<channel>`` of a folder; where there is none, name a PNG for the message."""
    found = {}
    for channel in CHANNELS:
        missing = folder / f"{name}_{channel}{SUFFIXES[0]}"
        found[channel] = _channel_files(folder).get((name, channel), missing)
    return found
