"""What was predicted for each cell of the cells table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.labels.label_set import LabelSet
from data.predictions.predictions_table import probability_columns, read_class_names, read_predictions

_CELL = ["image_id", "cell_id"]


class PredictedCells:
    """Predictions in the order of the cells table.

    Parameters
    ----------
    predictions
        The predictions table; None where nothing was predicted yet.
    cells
        Rows of the cells table, with at least image_id and cell_id.

    Attributes
    ----------
    label_set
        The classes; None where nothing was predicted.
    probabilities
        (n, classes) float32, one row per cell; NaN for a cell that was not predicted.
    rows
        (n,) the row of each cell in the predictions table; -1 for a cell that was not predicted.

    Raises
    ------
    InputError
        The predictions table is missing or is none.
    """

    def __init__(self, predictions: Path | None, cells: pd.DataFrame) -> None:
        self.label_set: LabelSet | None = None
        self.probabilities = np.full((len(cells), 0), np.nan, np.float32)
        # Few combinations of classes occur, in many cells.
        self.rows = np.full(len(cells), -1, np.intp)
        self._called, self._combinations = np.full(len(cells), -1, np.int32), list[str]()
        if predictions is None:
            return
        table = read_predictions(predictions, embedding=False)
        self.label_set = LabelSet(names=read_class_names(predictions), title=f"of {predictions}")
        # Numbers of rows are joined, not the rows: these take some times as much.
        numbered = table[_CELL].assign(row=np.arange(len(table)))
        rows = cells[_CELL].merge(numbered, how="left", on=_CELL)["row"].fillna(-1).to_numpy(np.intp)
        self.rows, known = rows, rows >= 0
        probabilities = table[probability_columns(table.columns)].to_numpy(np.float32)
        self.probabilities = np.full((len(cells), probabilities.shape[1]), np.nan, np.float32)
        self.probabilities[known] = probabilities[rows[known]]
        if "labels" in table.columns:
            codes, combinations = pd.factorize(table["labels"])
            self._combinations = combinations.tolist()
            self._called[known] = codes[rows[known]]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which cells were predicted: (n,) bool."""
        return np.array([self._is_predicted(row) for row in range(len(self.probabilities))], bool)

    def called(self, row: int) -> tuple[int, ...] | None:
        """Return the classes that a cell was found to have; None where it was not predicted.

        They are those that predict has called, or the likeliest one where the table calls none.
        """
        if not self._is_predicted(row):
            return None
        if self._called[row] < 0:
            return (int(self.probabilities[row].argmax()),)
        text = self._combinations[self._called[row]]
        return tuple(int(label) for label in text.split("|") if label)

    def name(self, labels: tuple[int, ...]) -> tuple[str, ...]:
        """Return the names of classes."""
        return tuple(self.label_set.names[label] for label in labels) if self.label_set else ()

    def top(self, row: int, count: int) -> list[dict[str, Any]]:
        """List name and confidence of a cell's likeliest classes; none where it was not predicted."""
        if not self._is_predicted(row):
            return []
        probabilities = self.probabilities[row]
        best = np.argsort(-probabilities)[:count].tolist()
        names = self.name(tuple(best))
        return [
            {"name": name, "confidence": float(probabilities[label])}
            for name, label in zip(names, best, strict=True)
        ]

    def _is_predicted(self, row: int) -> bool:
        return self.label_set is not None and not np.isnan(self.probabilities[row, 0])
