"""A database for what does not fit into memory, which leaves nothing behind."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_MEMORY_KIB = 8192


def open_database() -> sqlite3.Connection:
    """Open an empty database; what does not fit into some MB lies in a temporary file until it is closed."""
    # One without a name is on the disk as soon as it grows.
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute(f"PRAGMA cache_size = -{_MEMORY_KIB}")
    return database


@contextmanager
def database_errors() -> Iterator[None]:
    """Raise what the database cannot do, such as to write to a full disk, as an ``OSError``."""
    try:
        yield
    except sqlite3.OperationalError as error:
        message = f"temporary file: {error}"
        raise OSError(message) from None
