"""The cells of an export: those of the cells table that were predicted, and on request the others."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.export.cell_annotations import CELL, MEASURED, find_rows
from data.predictions.stored_predictions import StoredPredictions
from stages.export.paths import ExportInputs

log = logging.getLogger("hpacells")


@dataclass(frozen=True)
class PredictedCells:
    """The cells of an export, in its order: first those of the predictions, in theirs.

    Attributes
    ----------
    table
        Their rows of the cells table.
    predicted
        How many of them were predicted, which come first.
    labels
        (predicted,) numbers of the called classes as text; None where the predictions do not have them.
    left_out
        Cells that were not predicted, and are left out.
    rows
        Where they are in the cells table.
    """

    table: pd.DataFrame
    predicted: int
    labels: pd.Series | None
    left_out: int
    rows: NDArray[np.intp]

    @property
    def names(self) -> "CellNames":
        """Names of the cells, ``IMAGE_CELL``, each once."""
        return CellNames(self.table)


class CellNames(Sequence[str]):
    """Names of cells, which are made when they are asked for.

    Parameters
    ----------
    table
        (n rows) ``image_id`` and ``cell_id``.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._images, self._numbers = table["image_id"], table["cell_id"]

    def __len__(self) -> int:
        """Count the cells."""
        return len(self._images)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        """Return the name of a cell, or of some."""
        if not isinstance(place, slice):
            return f"{self._images.iloc[place]}_{self._numbers.iloc[place]}"
        pairs = zip(self._images.iloc[place].tolist(), self._numbers.iloc[place].tolist(), strict=True)
        return [f"{image}_{number}" for image, number in pairs]


def choose_cells(
    inputs: ExportInputs, predictions: StoredPredictions, *, unpredicted: bool, may_be_empty: bool = False
) -> PredictedCells:
    """Find the cells of the predictions in the cells table.

    Parameters
    ----------
    inputs, predictions
        The tables.
    unpredicted
        Whether to add the cells that were not predicted.
    may_be_empty
        Whether the format holds fields, too, in which no cell was predicted.

    Raises
    ------
    InputError
        A table is missing or damaged, no cell was predicted, a cell was predicted twice, or is not in the
        cells table.
    """
    cells = read_cells(inputs.cells_path, [*CELL, *MEASURED, "dropped", "group"])
    wanted = predictions.read_cells()
    if not len(wanted) and not may_be_empty:
        raise InputError(
            found="no cell was predicted",
            where=predictions.path,
            expected="one or more",
            advice="loosen the filters of `hpacells crops`, or run `hpacells predict` with "
            "--set predict.dropped=true",
        )
    _refuse_twice(cells, inputs.cells_path)
    _refuse_twice(wanted, predictions.path)
    rows = find_rows(cells, wanted)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        raise InputError(
            found=f"predictions of {len(unknown)} cells that {inputs.cells_path} lacks, first "
            f"{_name(wanted, int(unknown[0]))}",
            where=predictions.path,
            expected="predictions of these cells",
            advice="run `hpacells predict` again",
        )
    others = _find_others(cells, rows)
    kept = int((cells["dropped"].iloc[others] == "").sum())
    tell_left_out(kept, len(others), unpredicted=unpredicted)
    chosen = np.concatenate([rows, others]) if unpredicted else rows
    is_whole = len(chosen) == len(cells) and bool((chosen == np.arange(len(cells))).all())
    return PredictedCells(
        # A copy of a large table is not made in vain.
        cells if is_whole else cells.iloc[chosen].reset_index(drop=True),
        len(rows),
        wanted.get("labels"),
        0 if unpredicted else len(others),
        chosen,
    )


def _find_others(cells: pd.DataFrame, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    is_other = np.ones(len(cells), bool)
    is_other[rows] = False
    return np.flatnonzero(is_other)


def tell_left_out(kept: int, others: int, *, unpredicted: bool) -> None:
    """Log how many cells were not predicted, and how many of these are not dropped."""
    if kept:
        log.warning("export: %d cells that are not dropped were not predicted", kept)
    if others and not unpredicted:
        log.info("export: %d cells without a prediction are left out (export.unpredicted)", others)


def _refuse_twice(table: pd.DataFrame, path: object) -> None:
    twice = np.flatnonzero(table.duplicated(list(CELL)))
    if len(twice):
        raise InputError(
            found="a second row", where=f"{path}, {_name(table, int(twice[0]))}", expected="one row per cell"
        )


def _name(table: pd.DataFrame, row: int) -> str:
    return f"cell {table['cell_id'].iloc[row]} of image {table['image_id'].iloc[row]}"
