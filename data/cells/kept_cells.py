"""The cells of a table that no filter dropped, read part by part, all cells of an image together."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.cells.cells_table import cells_file_errors
from data.tables.parquet_rows import ParquetRows, read_batches

PART_ROWS = 1024
"""Rows of a part, but for those that complete its images."""

_BATCH_ROWS = 8192
_COLUMNS = ["image_id", "cell_id", "dropped"]


class KeptCells:
    """Find the cells of a table that no filter dropped, and read them part by part.

    Parameters
    ----------
    path
        The table, in any order; where images are mixed, parts are as long as it takes to have them whole.
    dropped
        Whether to read the cells that a filter dropped, too.

    Attributes
    ----------
    total
        Cells of the table.
    rows
        (n,) rows of those that are read, ascending.

    Raises
    ------
    InputError
        The file is missing or is no cells table.
    """

    def __init__(self, path: Path, *, dropped: bool = False) -> None:
        self._path, self._dropped = path, dropped
        with cells_file_errors(path):
            missing = set(_COLUMNS) - {*pq.read_schema(path).names}
            if missing:
                message = f"no column {', '.join(sorted(missing))}"
                raise KeyError(message)
            images, kept = _Images(), [np.zeros(0, bool)]
            for batch in read_batches(path, _BATCH_ROWS, ["image_id", "dropped"]):
                table = batch.to_pandas()
                images.add(table["image_id"].to_numpy(object))
                kept.append(self._choose(table))
        self.total = images.rows
        self.rows: NDArray[np.intp] = np.flatnonzero(np.concatenate(kept))
        self._stops = images.find_stops(PART_ROWS)

    def read(self) -> Iterator[pd.DataFrame]:
        """Read ``image_id``, ``cell_id`` and ``dropped`` of the cells in their order; no part is empty.

        Raises
        ------
        InputError
            The file can no longer be read.
        """
        with cells_file_errors(self._path):
            stored, start = ParquetRows(self._path, _BATCH_ROWS, _COLUMNS), 0
            for stop in self._stops:
                table = stored.take(stop - start).to_pandas()
                start = stop
                chosen = table[self._choose(table)].reset_index(drop=True)
                if len(chosen):
                    yield chosen

    def _choose(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        return np.ones(len(table), bool) if self._dropped else (table["dropped"] == "").to_numpy(bool)


class _Images:
    """Where the images of a table begin and end.

    Of each image a hash is kept in place of its name. Two of one hash are only taken for one that is in two
    places, and so for no reason to divide the table between them.

    Attributes
    ----------
    rows
        Rows that were added.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._last: object = None
        self._starts, self._hashes = [np.zeros(0, np.intp)], [np.zeros(0, np.uint64)]

    def add(self, image_ids: NDArray[np.object_]) -> None:
        """Take the images of the next rows."""
        if not len(image_ids):
            return
        is_other = np.ones(len(image_ids), bool)
        is_other[0] = not self.rows or image_ids[0] != self._last
        is_other[1:] = image_ids[1:] != image_ids[:-1]
        starts = np.flatnonzero(is_other)
        self._starts.append(starts + self.rows)
        self._hashes.append(pd.util.hash_array(image_ids[starts], categorize=False))
        self._last, self.rows = image_ids[-1], self.rows + len(image_ids)

    def find_stops(self, least: int) -> list[int]:
        """Find the rows before which the table is divided, so many between them or more, and its end."""
        numbers = np.unique(np.concatenate(self._hashes), return_inverse=True)[1]
        runs = np.arange(len(numbers))
        last = np.zeros(len(numbers), np.intp)
        # Of several runs of an image, the last one's number stays.
        last[numbers] = runs
        is_whole = np.maximum.accumulate(last[numbers]) == runs
        stops = np.append(np.concatenate(self._starts)[1:], self.rows)[is_whole]
        return list(_choose_stops(stops, least))


def _choose_stops(stops: NDArray[np.intp], least: int) -> Iterable[int]:
    start, place = 0, 0
    while place < len(stops):
        place = min(int(np.searchsorted(stops, start + least)), len(stops) - 1)
        start = int(stops[place])
        yield start
        place += 1
