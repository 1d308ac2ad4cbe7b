"""The cells of an export in its order, some thousands at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.cell_annotations import CELL, MEASURED
from data.predictions.cell_blocks import CellBlock, CellBlocks, OutOfStepError
from data.predictions.stored_predictions import PART_ROWS, PredictionsPart, StoredPredictions
from data.predictions.successive_predictions import SuccessivePredictions
from stages.export.cells.found_cells import FoundCells
from stages.export.cells.predicted_cells import PredictedCells, choose_cells
from stages.export.paths import ExportInputs

COLUMNS = (*CELL, *MEASURED, "dropped", "group")
"""Columns of the cells table that are read."""


@dataclass(frozen=True)
class CellsPart:
    """Some cells that follow each other in an export.

    Attributes
    ----------
    start
        Which of all cells the first of them is.
    rows
        (n,) where they are in the cells table.
    table
        (n rows) their rows of it.
    labels
        (n,) numbers of the called classes as text, missing for a cell that was not predicted; None where the
        predictions do not have them.
    is_predicted
        Whether they were predicted, all of them or none.
    """

    start: int
    rows: NDArray[np.intp]
    table: pd.DataFrame
    labels: pd.Series | None
    is_predicted: bool

    @property
    def stop(self) -> int:
        """Which of all cells the one after the last of them is."""
        return self.start + len(self.table)


class ExportedCells(Protocol):
    """The cells of an export: first those of the predictions, in their order, then the others.

    Attributes
    ----------
    predicted, others
        How many were predicted, and how many were not.
    count, left_out
        How many the export has, and how many of the others it leaves out.
    """

    predicted: int
    others: int
    count: int
    left_out: int

    @property
    def image_ids(self) -> list[str]:
        """The images of the export's cells, in the order in which they first come."""
        ...

    def represent(self) -> tuple[pd.DataFrame, pd.Series | None]:
        """Return cells that have all texts of the export's, in the order in which they first come."""
        ...

    def read_predicted(self, rows: int = PART_ROWS) -> Iterator[CellsPart]:
        """Read the cells that were predicted, so many at a time at most."""
        ...

    def read_others(self, rows: int = PART_ROWS) -> Iterator[CellsPart]:
        """Read the cells that were not predicted; none where the export leaves them out."""
        ...


class SuccessiveCells:
    """The cells of tables that have one order, of which no more than some thousands are in memory.

    Parameters
    ----------
    inputs
        The tables.
    unpredicted
        Whether to add the cells that were not predicted.
    may_be_empty
        Whether there may be no cell that was predicted.

    Raises
    ------
    OutOfStepError
        The tables have other orders, do not fit each other, or no cell was predicted.
    """

    def __init__(self, inputs: ExportInputs, *, unpredicted: bool, may_be_empty: bool = False) -> None:
        self._blocks = CellBlocks(inputs.cells_path, inputs.predictions_path, COLUMNS, labels=True)
        self._unpredicted, self._found = unpredicted, FoundCells(inputs.cells_path)
        for block in self._blocks.read():
            self._found.add(block)
        self.predicted, self.others = self._found.predicted, self._found.others
        if not self.predicted and not may_be_empty:
            raise OutOfStepError(found="no cell was predicted", where=inputs.predictions_path)
        self._found.tell(unpredicted=unpredicted)
        self.count = self.predicted + (self.others if unpredicted else 0)
        self.left_out = 0 if unpredicted else self.others

    @property
    def image_ids(self) -> list[str]:
        """The images of the export's cells, in the order in which they first come."""
        return self._found.list_images(unpredicted=self._unpredicted)

    def represent(self) -> tuple[pd.DataFrame, pd.Series | None]:
        """Return cells that have all texts of the export's, in the order in which they first come."""
        return self._found.represent(unpredicted=self._unpredicted)

    def read_predicted(self, rows: int = PART_ROWS) -> Iterator[CellsPart]:
        """Read the cells that were predicted, so many at a time at most.

        Raises
        ------
        OutOfStepError
            A file was changed.
        """
        yield from self._read(0, rows, is_predicted=True)

    def read_others(self, rows: int = PART_ROWS) -> Iterator[CellsPart]:
        """Read the cells that were not predicted; none where the export leaves them out.

        Raises
        ------
        OutOfStepError
            A file was changed.
        """
        if self._unpredicted and self.others:
            yield from self._read(self.predicted, rows, is_predicted=False)

    def _read(self, start: int, rows: int, *, is_predicted: bool) -> Iterator[CellsPart]:
        for block in self._blocks.read():
            chosen = np.flatnonzero((block.predictions >= 0) == is_predicted)
            for first in range(0, len(chosen), rows):
                part = chosen[first : first + rows]
                labels = _choose_labels(block, slice(first, first + len(part)), is_predicted)
                table = block.table.iloc[part].reset_index(drop=True)
                yield CellsPart(start, block.start + part, table, labels, is_predicted)
                start += len(part)


def _choose_labels(block: CellBlock, rows: slice, is_predicted: bool) -> pd.Series | None:
    if block.labels is None:
        return None
    if is_predicted:
        return block.labels.iloc[rows].reset_index(drop=True)
    return pd.Series([None] * (rows.stop - rows.start), dtype=object)


class WholeCells:
    """The cells of tables in any order, which are read as a whole.

    Attributes
    ----------
    cells
        All of them.

    Raises
    ------
    InputError
        As `choose_cells` says.
    """

    def __init__(
        self,
        inputs: ExportInputs,
        predictions: StoredPredictions,
        *,
        unpredicted: bool,
        may_be_empty: bool = False,
    ) -> None:
        self.cells: PredictedCells = choose_cells(
            inputs, predictions, unpredicted=unpredicted, may_be_empty=may_be_empty
        )
        self.predicted, self.count = self.cells.predicted, len(self.cells.table)
        self.left_out = self.cells.left_out
        self.others = self.left_out + self.count - self.predicted

    @property
    def image_ids(self) -> list[str]:
        """The images of the export's cells, in the order in which they first come."""
        return self.cells.table["image_id"].unique().tolist()

    def represent(self) -> tuple[pd.DataFrame, pd.Series | None]:
        """Return all cells."""
        labels = self.cells.labels
        return self.cells.table, None if labels is None else labels.reindex(range(self.count))

    def read_predicted(self, rows: int = PART_ROWS) -> Iterator[CellsPart]:
        """Yield the cells that were predicted, so many at a time at most."""
        yield from self._cut(0, self.predicted, rows)

    def read_others(self, rows: int = PART_ROWS) -> Iterator[CellsPart]:
        """Yield the cells that were not predicted; none where the export leaves them out."""
        yield from self._cut(self.predicted, self.count, rows)

    def _cut(self, start: int, stop: int, rows: int) -> Iterator[CellsPart]:
        for first in range(start, stop, rows):
            part = slice(first, min(first + rows, stop))
            labels = self.cells.labels
            if labels is not None:
                labels = labels.reindex(range(part.start, part.stop)).reset_index(drop=True)
            table = self.cells.table.iloc[part].reset_index(drop=True)
            yield CellsPart(first, self.cells.rows[part], table, labels, first < self.predicted)


def open_cells(
    inputs: ExportInputs, predictions: StoredPredictions, *, unpredicted: bool, may_be_empty: bool = False
) -> SuccessiveCells | WholeCells:
    """Return the cells of an export, which are read part by part where the tables have one order.

    Raises
    ------
    InputError
        A table is missing or damaged or does not fit the others, or no cell was predicted.
    """
    try:
        return SuccessiveCells(inputs, unpredicted=unpredicted, may_be_empty=may_be_empty)
    except OutOfStepError:
        return WholeCells(inputs, predictions, unpredicted=unpredicted, may_be_empty=may_be_empty)


def add_numbers(
    parts: Iterable[CellsPart], predictions: StoredPredictions
) -> Iterator[tuple[CellsPart, PredictionsPart]]:
    """Yield cells, from the first one on, with their numbers: missing (NaN) for those not predicted.

    Raises
    ------
    InputError
        The predictions are damaged.
    """
    successive = SuccessivePredictions(predictions)
    for part in parts:
        take = successive.take if part.is_predicted else predictions.make_missing
        yield part, take(len(part.table))
