"""A predictions table on the disk, read a few thousand rows at a time: of embeddings no more is in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import InputError
from data.predictions.predictions_table import probability_columns, read_class_names
from data.tables.parquet_rows import filter_image

PART_ROWS = 4096
"""Rows of a part: 25 MB of SubCell's embeddings."""

_EXPECTED = "what `hpacells predict` writes"


@dataclass(frozen=True)
class PredictionsPart:
    """Some successive rows of a predictions table.

    Attributes
    ----------
    start
        Number of the first.
    probabilities
        (n, classes) float32, 0..1.
    embedding
        (n, D) float32, NaN where a cell has none; None where the table has no embeddings.
    """

    start: int
    probabilities: NDArray[np.float32]
    embedding: NDArray[np.float32] | None


class StoredPredictions:
    """Read a predictions table part by part.

    Parameters
    ----------
    path
        The table.

    Attributes
    ----------
    path
        The table.
    rows
        How many rows it has.
    class_names
        Names of the classes.
    width
        Numbers in an embedding; 0 where the table has none.

    Raises
    ------
    InputError
        The file is missing or no predictions table.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.class_names = read_class_names(path)
        with self._open() as file:
            self.rows = int(file.metadata.num_rows)
            self._names = list(file.schema_arrow.names)
            self._probabilities = probability_columns(self._names)
            missing = {"image_id", "cell_id", *(self._probabilities or ["p_0"])} - set(self._names)
            if missing:
                raise InputError(
                    found=f"no column {', '.join(sorted(missing))}", where=path, expected=_EXPECTED
                )
            self.width = self._find_width(file)

    def read_cells(self) -> pd.DataFrame:
        """Read ``image_id``, ``cell_id`` and, where the table has it, ``labels`` of all rows.

        Raises
        ------
        InputError
            The file is damaged.
        """
        columns = [name for name in ("image_id", "cell_id", "labels") if name in self._names]
        try:
            return pq.read_table(self.path, columns=columns).to_pandas()
        except (OSError, ValueError) as error:
            raise self._damaged(error) from None

    def read_image(self, image_id: str) -> pd.DataFrame:
        """Read ``image_id``, ``cell_id``, ``p_0`` and so on and, where there are, ``labels`` of one image.

        Raises
        ------
        InputError
            The file is damaged, a probability lies outside 0..1, or a cell stands twice.
        """
        columns = [name for name in ("image_id", "cell_id", "labels") if name in self._names]
        try:
            filters = filter_image(pq.read_schema(self.path), image_id)
            table = pq.read_table(self.path, columns=[*columns, *self._probabilities], filters=filters)
        except (OSError, ValueError) as error:
            raise self._damaged(error) from None
        rows = table.to_pandas()
        rows = rows[rows["image_id"] == image_id].reset_index(drop=True)
        probabilities = rows[self._probabilities].to_numpy()
        if not ((probabilities >= 0) & (probabilities <= 1)).all():
            raise InputError(
                found="a probability outside 0..1", where=f"{self.path}, image {image_id}", expected="0..1"
            )
        twice = rows.loc[rows.duplicated("cell_id"), "cell_id"]
        if len(twice):
            raise InputError(
                found="a second row",
                where=f"{self.path}, image {image_id}, cell {twice.iloc[0]}",
                expected="one row per cell",
            )
        return rows

    def read_parts(self, rows: int = PART_ROWS) -> Iterator[PredictionsPart]:
        """Read the numbers of all rows, some at a time, in their order.

        Raises
        ------
        InputError
            The file is damaged, a probability lies outside 0..1, or embeddings differ in length.
        """
        columns = [*self._probabilities, *(["embedding"] if self.width else [])]
        start = 0
        try:
            with self._open() as file:
                # Of several groups Arrow would read all into memory beforehand.
                for group in range(file.num_row_groups):
                    for batch in file.iter_batches(rows, row_groups=[group], columns=columns):
                        yield self._read_part(batch, start)
                        start += len(batch)
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error) from None

    def make_missing(self, count: int) -> PredictionsPart:
        """Return what there is of so many cells that were not predicted: missing numbers (NaN)."""
        sizes = len(self.class_names), self.width
        probabilities, embedding = (np.full((count, size), np.nan, np.float32) for size in sizes)
        return PredictionsPart(self.rows, probabilities, embedding if self.width else None)

    def _read_part(self, batch: pa.RecordBatch, start: int) -> PredictionsPart:
        probabilities = np.empty((len(batch), len(self._probabilities)), np.float32)
        for label, name in enumerate(self._probabilities):
            probabilities[:, label] = batch[name].to_numpy(zero_copy_only=False)
        self._check(probabilities, self._probabilities, start)
        embedding = self._read_embedding(batch["embedding"], start) if self.width else None
        return PredictionsPart(start, probabilities, embedding)

    def _check(self, probabilities: NDArray[np.float32], names: Sequence[str], start: int) -> None:
        # Written so that NaN is caught, too.
        wrong = np.argwhere(~((probabilities >= 0) & (probabilities <= 1)))
        if len(wrong):
            row, column = wrong[0].tolist()
            raise InputError(
                found=f"{names[column]} = {probabilities[row, column]}",
                where=f"{self.path}, row {start + row + 1}",
                expected="0..1",
            )

    def _read_embedding(self, column: pa.Array, start: int) -> NDArray[np.float32]:
        lengths = _count_numbers(column).fill_null(self.width).to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero(lengths != self.width)
        if len(wrong):
            raise InputError(
                found=f"an embedding of {lengths[wrong[0]]} numbers",
                where=f"{self.path}, row {start + int(wrong[0]) + 1}",
                expected=f"{self.width}, as the first one has",
            )
        present = column.is_valid().to_numpy(zero_copy_only=False)
        embedding = np.full((len(column), self.width), np.nan, np.float32)
        values = column.drop_null().flatten().to_numpy(zero_copy_only=False)
        embedding[present] = values.reshape(-1, self.width)
        return embedding

    def _find_width(self, file: pq.ParquetFile) -> int:
        if "embedding" not in self._names:
            return 0
        kind = file.schema_arrow.field("embedding").type
        if pa.types.is_fixed_size_list(kind):
            return int(kind.list_size)
        if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
            raise InputError(
                found=f"a column embedding of {kind}", where=self.path, expected="a list of numbers a cell"
            )
        for batch in file.iter_batches(PART_ROWS, columns=["embedding"]):
            lengths = _count_numbers(batch["embedding"]).drop_null()
            if len(lengths):
                return int(lengths[0].as_py())
        return 0

    def _open(self) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self.path)
        except (OSError, ValueError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> InputError:
        return InputError(
            found=f"cannot be read as a predictions table ({error})",
            where=self.path,
            expected=_EXPECTED,
            advice="run `hpacells predict` again",
        )


def _count_numbers(column: pa.Array) -> pa.Array:
    """Return how many numbers each list has; null for a list that is missing."""
    return pc.call_function("list_value_length", [column])
