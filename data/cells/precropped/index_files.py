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


@lru_cache(maxsize=4096)
def find_beside(folder: Path, name: str) -> dict[str, Path]:
    """Find the files ``<name>_<channel>`` of a folder; where there is none, name a PNG for the message.

    Letter case of channel and ending does not matter; of several endings the first of ``SUFFIXES`` is taken.
    """
    endings = _plain_endings(folder)
    found = {}
    for channel in CHANNELS:
        missing = folder / f"{name}_{channel}{SUFFIXES[0]}"
        if endings is None:
            found[channel] = _list_files(folder).get((name, channel), missing)
        else:
            found[channel] = _find_file(folder, f"{name}_{channel}", endings) or missing
    return found


def _find_file(folder: Path, stem: str, endings: tuple[str, ...]) -> Path | None:
    # The files of a sub-folder are not those beside the index.
    if "/" in stem or os.sep in stem:
        return None
    return next((path for ending in endings if _stat(path := folder / f"{stem}{ending}")), None)


@lru_cache(maxsize=16)
def _plain_endings(folder: Path) -> tuple[str, ...] | None:
    """Return the endings of a folder's channels; None where these are not all in small letters.

    In small letters files are found by their names, without a list of all, which takes 2 kB a cell.
    """
    endings, example = set[str](), ""
    for name in _list_names(folder):
        found = next(((ending, channel) for _, channel, ending in _split_name(name)), None)
        if found is None:
            continue
        endings.update(ending for _, _, ending in _split_name(name))
        if not name.endswith("".join(("_", *found[::-1]))):
            return None
        example = name
    # Where the disk tells no capitals from small letters, IDs would be found that the files do not have.
    if example and (folder / example.swapcase()).exists():
        return None
    return tuple(ending for ending in SUFFIXES if ending in endings)


@lru_cache(maxsize=16)
def _list_files(folder: Path) -> dict[tuple[str, str], Path]:
    """List the files ``<ID>_<channel>`` of a folder, channel and ending in any letter case.

    Returns
    -------
    dict
        ID and channel -> file; of several endings the first of ``SUFFIXES``.
    """
    found: dict[tuple[str, str], tuple[int, Path]] = {}
    for name in sorted(_list_names(folder)):
        for image_id, channel, ending in _split_name(name):
            ranked = SUFFIXES.index(ending), folder / name
            found[image_id, channel] = min(found.get((image_id, channel), ranked), ranked, key=_rank)
    return {key: path for key, (_, path) in found.items()}


def _rank(ranked: tuple[int, Path]) -> int:
    return ranked[0]


def _split_name(name: str) -> Iterator[tuple[str, str, str]]:
    """Yield ID, channel and ending that a file's name may be made of, channel and ending in small letters."""
    lowered = name.lower()
    for ending in SUFFIXES:
        if lowered.endswith(ending):
            image_id, _, channel = name[: -len(ending)].rpartition("_")
            if channel.lower() in CHANNELS:
                yield image_id, channel.lower(), ending


def _list_names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry.name for entry in entries if entry.is_file())
    except OSError:
        return
