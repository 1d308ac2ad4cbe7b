"""Very many texts in order, each once, in little memory."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import closing

from data.tables.temporary_database import database_errors, open_database


def sort_texts(texts: Iterable[str]) -> Iterator[str]:
    """Sort texts by their code points, each once; what does not fit into some MB lies in a temporary file.

    Raises
    ------
    OSError
        The disk is full, or there is no folder for temporary files.
    """
    with closing(open_database()) as database, database_errors():
        database.execute("CREATE TABLE texts (text BLOB)")
        database.execute("BEGIN")
        # Bytes of UTF-8 have the order of the characters.
        rows = ((text.encode("utf-8", "surrogatepass"),) for text in texts)
        database.executemany("INSERT INTO texts VALUES (?)", rows)
        found = (row for (row,) in database.execute("SELECT text FROM texts ORDER BY text"))
        for row, _ in itertools.groupby(found):
            yield row.decode("utf-8", "surrogatepass")
