"""The room that a tile store needs: what is told where the disk is full."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import InputError
from data.system_errors import is_full, room_left

_ROW_BYTES = 100_000
"""Bytes of one cell where none has been written yet: 65 to 130 kB in real fields."""


@contextmanager
def room_told(store: Path, written: int, count: int) -> Iterator[None]:
    """Report a full disk with the room that is needed.

    Parameters
    ----------
    store
        The unfinished store.
    written, count
        Its rows that are written, and all of them.

    Raises
    ------
    InputError
        The disk is full.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        if not is_full(error):
            raise
        needed = (count - written) * _measure_row(store, written) / 2**20
        raise InputError(
            found=f"the disk is full{room_left(store)}, {written} of {count} cells are cut",
            where=store.parent,
            expected=f"room for about {needed:.0f} MiB more",
            advice="free some, or use a --work on another disk; the same command resumes where it stopped",
        ) from None


def _measure_row(store: Path, written: int) -> float:
    if not written:
        return _ROW_BYTES
    return sum(path.stat().st_size for path in store.rglob("*") if path.is_file()) / written
