"""The rows of a predictions table in the order of a cells table, whatever order they have in the file."""

import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.tables.parquet_rows import read_batches
from data.tables.temporary_database import database_errors, open_database

ROW = "row"
"""Column with the row of the file that a prediction has there."""

_BATCH_ROWS = 8192
_MOST_CELLS = 2**32


class SortedPredictions:
    """Sort the rows of a predictions table by the images of a cells table and by the numbers of the cells.

    They are sorted in a temporary file. Of each image 16 bytes are kept in memory while that is done, and of
    a cell nothing.

    Parameters
    ----------
    cells, predictions
        The tables. In that of the cells those of an image follow each other.
    probabilities
        Columns that are read as numbers.
    labels
        Whether to read the column ``labels``, too.

    Raises
    ------
    ValueError, TypeError
        The cells of an image do not follow each other, a prediction is of another image, or a column has
        other types.
    OSError
        A file cannot be read, or there is no room for the temporary one.
    """

    def __init__(self, cells: Path, predictions: Path, probabilities: Sequence[str], *, labels: bool) -> None:
        self._probabilities = list(probabilities)
        schema, texts = pq.read_schema(predictions), ["image_id", *(["labels"] if labels else [])]
        self._types = {name: _text_type(schema.field(name).type) for name in texts}
        self._number: np.dtype[Any] = np.dtype(np.float32)
        self._database = open_database()
        weakref.finalize(self, self._database.close)
        places = _Places(cells)
        with database_errors():
            self._database.execute(
                "CREATE TABLE unsorted (place INTEGER, row INTEGER, said BLOB, image_id, labels)"
            )
            self._database.execute("BEGIN")
            names, start = ["cell_id", *texts, *self._probabilities], 0
            for batch in read_batches(predictions, _BATCH_ROWS, names):
                self._add(batch.to_pandas(), start, places)
                start += len(batch)
            self._database.execute("CREATE TABLE sorted AS SELECT * FROM unsorted ORDER BY place")
            self._database.execute("DROP TABLE unsorted")
            self._database.execute("COMMIT")

    def read(self) -> Iterator[pd.DataFrame]:
        """Read the rows, some thousands at a time, with the columns that were asked for and ``row``."""
        with database_errors():
            found = self._database.execute("SELECT * FROM sorted ORDER BY rowid")
            while part := found.fetchmany(_BATCH_ROWS):
                yield self._arrange(part)

    def _add(self, table: pd.DataFrame, start: int, places: "_Places") -> None:
        numbers = table[self._probabilities].to_numpy()
        if not np.issubdtype(numbers.dtype, np.number) or (start and numbers.dtype != self._number):
            message = f"probabilities of the type {numbers.dtype}"
            raise TypeError(message)
        self._number = numbers.dtype
        data, width = np.ascontiguousarray(numbers).tobytes(), numbers.dtype.itemsize * numbers.shape[1]
        said = [data[first : first + width] for first in range(0, len(data), width)]
        image_ids, labels = (
            [None if pd.isna(text) else str(text) for text in table[name].tolist()]
            if name in self._types
            else [None] * len(table)
            for name in ("image_id", "labels")
        )
        rows = range(start, start + len(table))
        self._database.executemany(
            "INSERT INTO unsorted VALUES (?, ?, ?, ?, ?)",
            zip(places.find(table).tolist(), rows, said, image_ids, labels, strict=True),
        )

    def _arrange(self, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
        places, numbers, said, image_ids, labels = zip(*rows, strict=True)
        values = np.frombuffer(b"".join(said), self._number).reshape(len(rows), -1)
        columns: dict[str, pa.Array] = {
            name: pa.array({"image_id": image_ids, "labels": labels}[name], kind)
            for name, kind in self._types.items()
        }
        table = pa.table(columns).to_pandas()
        table["cell_id"] = np.array(places, np.int64) % _MOST_CELLS
        table[ROW] = np.array(numbers, np.intp)
        return pd.concat([table, pd.DataFrame(values, columns=self._probabilities)], axis=1)


class _Places:
    """Numbers by which cells have the order of a cells table, of whose images no more is kept than hashes."""

    def __init__(self, cells: Path) -> None:
        hashes, last = [np.zeros(0, np.uint64)], None
        for batch in read_batches(cells, _BATCH_ROWS, ["image_id"]):
            ids = batch.to_pandas()["image_id"].to_numpy(object)
            is_other = np.ones(len(ids), bool)
            is_other[1:] = ids[1:] != ids[:-1]
            if len(ids):
                is_other[0] = ids[0] != last
                last = ids[-1]
            hashes.append(_hash(ids[is_other]))
        joined = np.concatenate(hashes)
        self._order = np.argsort(joined)
        self._sorted = joined[self._order]
        # Two images of one hash, which hardly ever are there, are refused with those that are in two places.
        if (self._sorted[1:] == self._sorted[:-1]).any():
            message = "an image whose cells are not together"
            raise ValueError(message)

    def find(self, table: pd.DataFrame) -> NDArray[np.int64]:
        """Return the place of some cells, (n,)."""
        codes, images = pd.factorize(table["image_id"])
        hashes, numbers = _hash(np.asarray(images, object)), table["cell_id"].to_numpy()
        found = np.searchsorted(self._sorted, hashes)
        is_here = np.append(self._sorted, np.uint64(0))[found] == hashes
        is_whole = np.issubdtype(numbers.dtype, np.integer)
        if not is_whole or not is_here.all() or (found == len(self._sorted)).any() or (codes < 0).any():
            message = "predictions of other images"
            raise ValueError(message)
        if ((numbers < 0) | (numbers >= _MOST_CELLS)).any():
            message = "numbers of cells that are too large"
            raise ValueError(message)
        return self._order[found][codes] * _MOST_CELLS + numbers.astype(np.int64)


def _hash(image_ids: NDArray[np.object_]) -> NDArray[np.uint64]:
    return pd.util.hash_array(image_ids, categorize=False)


def _text_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
