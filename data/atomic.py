"""Writing files and folders so that nothing half-written is ever read as whole."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that takes its place when the block ends without an error.

    The temporary file keeps the suffix of ``path``, because many writers choose their format by it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
    removed, because another process has made the same meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # What is replaced has a single writer, so what a killed run of it has left can go.
    temporary = path.with_name(f".{path.name}.{'partial' if replace else secrets.token_hex(4)}")
    if replace:
        shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        if replace:
            shutil.rmtree(path, ignore_errors=True)
        try:
            temporary.rename(path)
        except OSError:
            if replace or not path.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
