"""The cells of an export field by field, with what was predicted of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.predictions.stored_predictions import StoredPredictions
from stages.export.cells.predicted_cells import choose_cells
from stages.export.paths import ExportInputs


@dataclass(frozen=True)
class PredictedField:
    """The cells of a field, in the order of their numbers.

    Attributes
    ----------
    stored
        (n,) where they are in the cells table.
    predicted
        (n,) where they are in the predictions table; -1 for a cell that was not predicted.
    table
        Their rows of the cells table.
    probabilities
        (n, classes) float32, NaN for a cell that was not predicted.
    called
        (n) numbers of the called classes of each cell; None for a cell that was not predicted.
    labels
        (n,) the same as text, missing for a cell that was not predicted; None where the predictions do not
        have it.
    """

    stored: NDArray[np.intp]
    predicted: NDArray[np.intp]
    table: pd.DataFrame
    probabilities: NDArray[np.float32]
    called: list[tuple[int, ...] | None]
    labels: pd.Series | None


class PredictedFields:
    """The cells of an export.

    Parameters
    ----------
    inputs
        The tables.
    unpredicted
        Whether to add the cells that were not predicted.

    Attributes
    ----------
    class_names
        Names of the classes.
    left_out
        How many cells are left out, as they were not predicted.
    image_ids
        The images that have a cell.

    Raises
    ------
    InputError
        A table is missing or damaged, or does not fit the others.
    """

    def __init__(self, inputs: ExportInputs, *, unpredicted: bool) -> None:
        predictions = StoredPredictions(inputs.predictions_path)
        self.class_names = predictions.class_names
        # Outlines of cells are of use, too, where none of them was predicted.
        cells = choose_cells(inputs, predictions, unpredicted=unpredicted, may_be_empty=True)
        self._cells, self.left_out = cells, cells.left_out
        self._probabilities = np.full((len(cells.table), len(self.class_names)), np.nan, np.float32)
        for part in predictions.read_parts():
            self._probabilities[part.start : part.start + len(part.probabilities)] = part.probabilities
        self._rows = cells.table.groupby("image_id", sort=False).indices
        self.image_ids = {str(image_id) for image_id in self._rows}

    def represent(self) -> tuple[pd.DataFrame, pd.Series | None]:
        """Return all cells, and their labels."""
        labels = self._cells.labels
        return self._cells.table, None if labels is None else labels.reindex(range(len(self._cells.table)))

    def rewind(self) -> None:
        """Do nothing: fields can be taken in any order."""

    def take(self, image_id: str) -> PredictedField:
        """Return the cells of a field; none where it has none."""
        rows = np.asarray(self._rows.get(image_id, np.empty(0, np.intp)))
        rows = rows[np.argsort(self._cells.table["cell_id"].to_numpy()[rows])]
        table = self._cells.table.iloc[rows].reset_index(drop=True)
        called = [self._call(int(row)) for row in rows]
        labels = self._cells.labels
        texts = None if labels is None else labels.reindex(rows).reset_index(drop=True)
        # The predicted cells come first, in the order of the predictions.
        predicted = np.where(rows < self._cells.predicted, rows, -1)
        stored = self._cells.rows[rows]
        return PredictedField(stored, predicted, table, self._probabilities[rows], called, texts)

    def _call(self, row: int) -> tuple[int, ...] | None:
        if row >= self._cells.predicted:
            return None
        labels = self._cells.labels
        return find_called(None if labels is None else labels.iloc[row], self._probabilities[row])


def find_called(text: str | None, probabilities: NDArray[np.float32]) -> tuple[int, ...]:
    """Return the numbers of a cell's called classes from their text, or the likeliest one without a text."""
    # Of a row without a text pandas makes NaN.
    if pd.isna(text):
        return (int(probabilities.argmax()),)
    return tuple(int(number) for number in text.split("|")) if text else ()
