"""Cells with their predictions, some images at a time, read side by side from tables in one order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.cells.image_parts import ADDED, read_image_parts
from data.errors import InputError
from data.predictions.predictions_table import probability_columns
from data.predictions.sorted_predictions import ROW, SortedPredictions
from data.tables.parquet_rows import read_batches

BLOCK_ROWS = 8192
"""Rows of a block, but for those that complete its last image."""

_CELL = ["image_id", "cell_id"]


class OutOfStepError(InputError):
    """The tables cannot be read side by side; read as a whole, they may be what they should be, or not."""

    def __init__(self, *, found: str, where: object) -> None:
        super().__init__(found, where=where, expected="cells and predictions in one order, image by image")


@dataclass(frozen=True)
class CellBlock:
    """All cells of some images.

    Attributes
    ----------
    table
        (n rows) columns of the cells table; the cells of an image follow each other, by their numbers.
    start
        Row of the first of them in the cells table, in which they follow each other.
    predictions
        (n,) their rows in the predictions table; -1 for a cell that was not predicted.
    probabilities
        (m, classes) of those that were predicted, 0..1.
    labels
        (m,) numbers of their called classes as text; None where the table has none, or they were not asked
        for.
    """

    table: pd.DataFrame
    start: int
    predictions: NDArray[np.intp]
    probabilities: NDArray[np.floating]
    labels: pd.Series | None

    @property
    def image_ids(self) -> list[str]:
        """The images, in their order."""
        return self.table["image_id"].unique().tolist()


class CellBlocks:
    """Read a cells table and its predictions block by block.

    That takes tables in one order: the cells of an image follow each other by ascending numbers, and so do
    the predictions of some of them, as `hpacells segment` and `hpacells predict` write them. Predictions in
    another order can be sorted first.

    Parameters
    ----------
    cells, predictions
        The tables.
    columns
        Columns of the cells table, ``image_id`` and ``cell_id`` among them.
    labels
        Whether to read the called classes, where the table has them.
    sort
        Whether the predictions may have another order: they are sorted in a temporary file, once.

    Attributes
    ----------
    has_labels
        Whether they are read.

    Raises
    ------
    OutOfStepError
        A table lacks a column or cannot be read.
    """

    def __init__(
        self,
        cells: Path,
        predictions: Path,
        columns: Sequence[str],
        *,
        labels: bool = False,
        sort: bool = False,
    ) -> None:
        self._cells, self._predictions, self._columns = cells, predictions, list(columns)
        try:
            present, predicted = (list(pq.read_schema(path).names) for path in (cells, predictions))
        except (OSError, ValueError) as error:
            raise OutOfStepError(found=f"not a table ({error})", where=predictions) from None
        stored = {name for name in self._columns if name in present or name not in ADDED}
        self._probabilities = probability_columns(predicted)
        self.has_labels = labels and "labels" in predicted
        self._labels = ["labels"] if self.has_labels else []
        self._sort = sort
        lacking = stored - {*present} | {*_CELL, *(self._probabilities or ["p_0"])} - {*predicted}
        if lacking:
            raise OutOfStepError(found=f"no column {', '.join(sorted(lacking))}", where=predictions)

    def read(self) -> Iterator[CellBlock]:
        """Read the blocks in the order of the tables.

        Raises
        ------
        OutOfStepError
            The tables have different orders, a cell has two rows or a prediction no cell, a probability lies
            outside 0..1, or a file is damaged; maybe after blocks, as it is found.
        """
        try:
            yield from self._read()
        except (OSError, ValueError, TypeError, KeyError, pa.ArrowException) as error:
            raise self._refuse(found=f"not a table ({error})") from None

    def _read(self) -> Iterator[CellBlock]:
        columns = [*_CELL, *self._probabilities, *self._labels]
        empty = pq.read_schema(self._predictions).empty_table().select(columns).to_pandas().assign(**{ROW: 0})
        ahead = _Ahead(empty, self._sorted.read() if self._sort else self._read_rows(columns))
        seen, start = _SeenImages(), 0
        for table in read_image_parts(self._cells, self._columns, BLOCK_ROWS):
            names = table["image_id"].unique().tolist()
            seen.add(names)
            keys = _number(table, names)
            if (keys < 0).any() or (np.diff(keys) <= 0).any():
                raise self._refuse(found="cells of an image that do not follow each other by their numbers")
            found = ahead.take(names, len(table))
            wanted = _number(found, names)
            places = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
            if (keys[places] != wanted).any() or (np.diff(wanted) <= 0).any():
                raise self._refuse(found="predictions in another order than the cells, or of other cells")
            probabilities = found[self._probabilities].to_numpy()
            # Written so that NaN is caught, too.
            if not ((probabilities >= 0) & (probabilities <= 1)).all():
                raise self._refuse(found="a probability outside 0..1")
            predictions = np.full(len(table), -1, np.intp)
            predictions[places] = found[ROW]
            labels = found["labels"] if self.has_labels else None
            yield CellBlock(table, start, predictions, probabilities, labels)
            start += len(table)
        if not ahead.is_empty:
            raise self._refuse(found="predictions in another order than the cells, or of other cells")
        if seen.has_repeated():
            raise self._refuse(found="an image whose cells are not together")

    @cached_property
    def _sorted(self) -> SortedPredictions:
        return SortedPredictions(self._cells, self._predictions, self._probabilities, labels=self.has_labels)

    def _read_rows(self, columns: list[str]) -> Iterator[pd.DataFrame]:
        """Read the predictions in the order of the file."""
        start = 0
        for batch in read_batches(self._predictions, BLOCK_ROWS, columns):
            yield batch.to_pandas().assign(**{ROW: np.arange(start, start + len(batch))})
            start += len(batch)

    def _refuse(self, found: str) -> OutOfStepError:
        return OutOfStepError(found=found, where=self._predictions)


class _SeenImages:
    """Images that were read, as hashes; two of one hash are taken for one image that is there twice."""

    def __init__(self) -> None:
        self._hashes = [np.zeros(0, np.uint64)]

    def add(self, names: list[str]) -> None:
        self._hashes.append(pd.util.hash_array(np.array(names, object), categorize=False))

    def has_repeated(self) -> bool:
        hashes = np.sort(np.concatenate(self._hashes))
        return bool((hashes[1:] == hashes[:-1]).any())


class _Ahead:
    """Predictions that were read, and are taken once their images are there.

    Parameters
    ----------
    empty
        No prediction.
    parts
        Successive predictions.
    """

    def __init__(self, empty: pd.DataFrame, parts: Iterator[pd.DataFrame]) -> None:
        self._waiting, self._parts = empty, parts

    def take(self, names: list[str], most: int) -> pd.DataFrame:
        """Take the next predictions as long as they are of some images; so many at most."""
        self._fill(most)
        ahead = self._waiting["image_id"].iloc[:most].isin(names).to_numpy(bool)
        count = len(ahead) if ahead.all() else int(ahead.argmin())
        taken, self._waiting = self._waiting.iloc[:count], self._waiting.iloc[count:]
        return taken

    @property
    def is_empty(self) -> bool:
        """Whether all were taken."""
        self._fill(1)
        return self._waiting.empty

    def _fill(self, count: int) -> None:
        parts = [self._waiting] if len(self._waiting) else []
        while sum(map(len, parts)) < count and (part := next(self._parts, None)) is not None:
            parts.append(part)
        if parts:
            self._waiting = pd.concat(parts, ignore_index=True)


def _number(table: pd.DataFrame, names: list[str]) -> NDArray[np.int64]:
    """Return a number of each cell, by its image's place among some and its own, (n,); -1 for other images.

    Raises
    ------
    TypeError
        The numbers of the cells are not whole, or one has no image.
    """
    if not len(table):
        return np.empty(0, np.int64)
    numbers = table["cell_id"]
    if not pd.api.types.is_integer_dtype(numbers.dtype) or table[_CELL].isna().any(axis=None):
        message = f"cell numbers of the type {numbers.dtype}"
        raise TypeError(message)
    numbers = numbers.to_numpy(np.int64)
    images = pd.Index(names).get_indexer(pd.Index(table["image_id"]))
    is_numbered = (images >= 0) & (numbers >= 0) & (numbers < 2**32)
    return np.where(is_numbered, images * 2**32 + numbers, -1)
