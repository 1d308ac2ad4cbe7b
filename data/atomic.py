"""Writing files and folders so that nothing half-written is ever read as whole."""

import glob
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import InputError
from data.text.hashed_json import format_hashed, read_hashed

FILE_LIST = ".written.json"
"""Name of the list in a folder that may be replaced: the files that were written there, JSON."""

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.part(\.[^.]*)?")
_STEM_LENGTH = 200
"""Of a long name only so much is in that of the temporary file, so that it is not too long."""


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place when the block ends without an error.

    The temporary file keeps the suffix of ``path``, because many writers choose their format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name = f".{path.stem[:_STEM_LENGTH]}.{secrets.token_hex(4)}.part{path.suffix}"
    temporary = path.with_name(name)
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
    except OSError as error:
        # What libraries raise often names no file.
        if error.errno and not error.filename:
            raise type(error)(error.errno, os.strerror(error.errno), str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def is_temporary(path: Path) -> bool:
    """Check whether a file has the name of a temporary one, as a process that was killed leaves it."""
    return _TEMPORARY.fullmatch(path.name) is not None


def remove_temporary(path: Path) -> None:
    """Remove the temporary files that killed processes left beside a file, or anywhere in a folder.

    Nobody else may be writing there.
    """
    if path.is_dir():
        found = [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
    else:
        found = list(path.parent.glob(f".{glob.escape(path.stem[:_STEM_LENGTH])}.*"))
    for file in found:
        if is_temporary(file):
            file.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Wait until a file is on the disk, so that no crash leaves its new name without its content."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_folder(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside ``path`` that takes its place when the block ends without an error.

    Where there is one at ``path`` already, ``replace`` says whether it gives way, or stays and ours is
    removed, because another process has made the same meanwhile. A folder that may be replaced has a list of
    its files.

    Raises
    ------
    InputError
        The folder that would be replaced holds files that are not on its list; it is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # What is replaced has a single writer, so what a killed run of it has left can go.
    temporary = _aside(path, "partial" if replace else secrets.token_hex(4))
    if replace:
        refuse_strangers(path)
        shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        if replace:
            replace_folder(temporary, path)
            return
        try:
            temporary.rename(path)
        except OSError:
            if not path.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def replace_folder(temporary: Path, path: Path) -> None:
    """Put a folder beside ``path`` in its place, with a list of its files.

    Raises
    ------
    InputError
        The folder that would be replaced holds files that are not on its list; it is left as it is.
    """
    (temporary / FILE_LIST).write_text(format_hashed(_list_files(temporary)))
    # Somebody may have put a file there while we were at work.
    refuse_strangers(path)
    put_in_place(temporary, path)


def put_in_place(temporary: Path, path: Path) -> None:
    """Put a folder beside ``path`` in its place, where there may be another.

    Nobody sees half of either, also where the process is killed while it removes the other.
    """
    remove_replaced(path)
    replaced = _aside(path, "replaced")
    if path.is_dir():
        path.rename(replaced)
    try:
        temporary.rename(path)
    except OSError:
        if replaced.is_dir():
            replaced.rename(path)
        raise
    remove_replaced(path)


def remove_replaced(path: Path) -> None:
    """Remove what gave way to a folder, where a killed process has left it."""
    shutil.rmtree(_aside(path, "replaced"), ignore_errors=True)


def remove_folder(path: Path) -> None:
    """Remove a folder, if there is one, so that a killed process leaves no half of it in its place."""
    if path.is_dir():
        remove_replaced(path)
        path.rename(_aside(path, "replaced"))
    remove_unfinished(path)


def remove_unfinished(path: Path) -> None:
    """Remove what killed processes left beside a folder: one that was to take its place, or gave way to it.

    Nobody else may be writing there.
    """
    remove_replaced(path)
    shutil.rmtree(_aside(path, "partial"), ignore_errors=True)


def _aside(path: Path, what: str) -> Path:
    return path.with_name(f".{path.name}.{what}")


def refuse_strangers(folder: Path) -> None:
    """Check that a folder holds only files that are on its list; one without a whole list passes.

    Raises
    ------
    InputError
        It holds others; the message names one.
    """
    listed = read_hashed(folder / FILE_LIST)
    if not isinstance(listed, list):
        return
    strangers = [name for name in _list_files(folder) if name not in listed]
    if strangers:
        others = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        raise InputError(
            found=f"{strangers[0]}{others}, which hpacells did not write and would remove with the folder",
            where=folder,
            expected="only the files that an earlier run wrote",
            advice="move it out of that folder",
        )


def _list_files(folder: Path) -> list[str]:
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(str(name) for name in files if str(name) != FILE_LIST)
