"""Very many texts in order, each once, in little memory."""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing

_MEMORY_KIB = 8192


def sort_texts(texts: Iterable[str]) -> Iterator[str]:
    """Sort texts by their code points, each once; what does not fit into some MB lies in a temporary file.

    Raises
    ------
    OSError
        The disk is full, or there is no folder for temporary files.
    """
    # A database without a name is on the disk as soon as it grows, and goes when it is closed.
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        try:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute(f"PRAGMA cache_size = -{_MEMORY_KIB}")
            database.execute("CREATE TABLE texts (text BLOB)")
            database.execute("BEGIN")
            # Bytes of UTF-8 have the order of the characters.
            rows = ((text.encode("utf-8", "surrogatepass"),) for text in texts)
            database.executemany("INSERT INTO texts VALUES (?)", rows)
            found = (row for (row,) in database.execute("SELECT text FROM texts ORDER BY text"))
            for row, _ in itertools.groupby(found):
                yield row.decode("utf-8", "surrogatepass")
        except sqlite3.OperationalError as error:
            message = f"temporary file: {error}"
            raise OSError(message) from None
