"""Which files a finished tile store has: a missing shard would be read as black tiles."""

import contextlib
import hashlib
import json
import re
from pathlib import Path

from data.atomic import atomic_write
from data.errors import InputError
from data.tiles.shards.store_progress import PROGRESS

CONTENTS = "contents.json"
"""The list: name of each file in the store -> bytes, and for metadata a hash, too."""

_OURS = re.compile(r"damaged|progress\.json|(\w+/)?zarr\.json|\w+/c(/\d+)+")
"""Names of the files in a tile store: its marks, and metadata and shards of its arrays."""

DAMAGED = "damaged"
"""A file that a reader leaves in a store that it found damaged, so that ``crops`` makes it again."""


def write_contents(store: Path) -> None:
    """List the files of a finished store."""
    listed = {str(path.relative_to(store)): _describe(path) for path in _files(store)}
    with atomic_write(store / CONTENTS) as temporary:
        temporary.write_text(json.dumps(listed, indent=0, sort_keys=True))


def check_contents(store: Path) -> None:
    """Check that a store has all files that were written, and their sizes; a store without a list passes.

    Raises
    ------
    InputError
        A file is missing, cut short, or not as it was written.
    """
    try:
        listed = json.loads((store / CONTENTS).read_text())
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        raise damaged(store, CONTENTS) from None
    for name, expected in listed.items():
        if not _is_as_listed(store / name, expected):
            raise damaged(store, name)


def find_changed_files(store: Path) -> set[str] | None:
    """Return the names of the files of a store that are missing or not as they were written.

    None where its list cannot be read.
    """
    try:
        listed = json.loads((store / CONTENTS).read_text())
    except (OSError, ValueError):
        return None
    return {name for name, expected in listed.items() if not _is_as_listed(store / name, expected)}


def refuse_strangers(store: Path) -> None:
    """Check that a store that would be replaced has only files with the names that a tile store's have.

    By their names, not by the list, which may be damaged itself.

    Raises
    ------
    InputError
        It has others; the message names one.
    """
    names = (str(path.relative_to(store)) for path in _files(store))
    stranger = next((name for name in names if not _OURS.fullmatch(name)), None)
    if stranger is not None:
        raise InputError(
            found=f"{stranger}, which hpacells did not write and would remove with the store",
            where=store,
            expected="only the files that `hpacells crops` wrote",
            advice="move it out of that folder",
        )


def damaged(store: Path, name: str) -> InputError:
    """Return the error of a damaged store, and mark it, so that the command in the message mends it."""
    # A folder that cannot be written to cannot be mended there either.
    with contextlib.suppress(OSError):
        (store / DAMAGED).touch()
    return InputError(
        found=f"{name} is missing or damaged",
        where=store,
        expected="the tiles as `hpacells crops` wrote them",
        advice="run `hpacells crops` again",
    )


def _files(store: Path) -> list[Path]:
    unlisted = (CONTENTS, PROGRESS)
    return sorted(path for path in store.rglob("*") if path.is_file() and path.name not in unlisted)


def _is_as_listed(path: Path, expected: str) -> bool:
    return path.is_file() and _describe(path) == expected


def _describe(path: Path) -> str:
    size = path.stat().st_size
    is_metadata = path.suffix == ".json"
    return f"{size} {hashlib.sha256(path.read_bytes()).hexdigest()}" if is_metadata else f"{size}"
