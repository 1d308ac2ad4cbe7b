"""Folders of many files that appear only when they are whole, and that are known again by their key."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.atomic import (
    FILE_LIST,
    atomic_folder,
    refuse_strangers,
    remove_folder,
    remove_unfinished,
    replace_folder,
)
from data.file_hash import hash_file
from data.text.hashed_json import format_hashed, read_hashed

RECORD = ".export.json"
"""Name of the file in a store with its key and the hashes of its files."""


@contextmanager
def whole_store(path: Path, key: str) -> Iterator[Path]:
    """Yield a temporary folder that takes the place of ``path`` when the block ends without an error.

    Raises
    ------
    InputError
        There is a folder at ``path`` with files that hpacells did not write; it is left as it is.
    """
    with atomic_folder(path, replace=True) as folder:
        yield folder
        write_record(folder, key)


@contextmanager
def resumed_store(path: Path, key: str) -> Iterator[Path]:
    """Yield a folder that takes the place of ``path`` when the block ends without an error.

    What an earlier run of the same key has left of it, as it was killed, is still there. Records of stores
    within it are removed at the end.

    Raises
    ------
    InputError
        There is a folder at ``path`` with files that hpacells did not write; it is left as it is.
    """
    refuse_strangers(path)
    partial = path.with_name(f".{path.name}.partial")
    started = {"key": key}
    if not key or read_hashed(partial / RECORD) != started:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        (partial / RECORD).write_text(format_hashed(started))
    yield partial
    for name in (RECORD, FILE_LIST):
        for record in partial.rglob(name):
            record.unlink()
    replace_folder(partial, path)


def write_record(folder: Path, key: str) -> None:
    """Note what a store was made of, and the hashes of its files."""
    (folder / RECORD).write_text(format_hashed({"key": key, "files": _hash_files(folder)}))


def is_whole(path: Path, key: str) -> bool:
    """Check whether a store of this key is there, with all its files as they were written and no others."""
    record = read_hashed(path / RECORD)
    return isinstance(record, dict) and record.get("key") == key and record.get("files") == _hash_files(path)


def keep_whole(path: Path, key: str) -> bool:
    """Check as `is_whole`, and remove what killed runs left beside a store that stays as it is."""
    found = is_whole(path, key)
    if found:
        remove_unfinished(path)
    return found


def remove_store(path: Path) -> None:
    """Remove a store that hpacells wrote, if there is one, and what killed runs left beside it.

    Raises
    ------
    InputError
        It holds files that hpacells did not write; it is left as it is.
    """
    if (path / RECORD).is_file():
        refuse_strangers(path)
        remove_folder(path)
    else:
        remove_unfinished(path)


def _hash_files(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in files
        if path.name not in (RECORD, FILE_LIST)
    }
