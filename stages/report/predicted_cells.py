"""What was predicted for each cell of the cells table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.predictions import probability_columns, read_class_names, read_predictions

_CELL = ["image_id", "cell_id"]


class PredictedCells:
    """Predictions in the order of the cells table.

    Parameters
    ----------
    predictions
        The predictions table.
    cells
        Rows of the cells table, with at least image_id and cell_id.

    Attributes
    ----------
    class_names
        Names of the classes.
    probabilities
        (n, classes) float32, a row a cell; NaN for a cell that was not predicted.
    """

    def __init__(self, predictions: Path, cells: pd.DataFrame) -> None:
        table = read_predictions(predictions, embedding=False)
        self.class_names = read_class_names(predictions)
        joined = cells[_CELL].merge(table, how="left", on=_CELL)
        self.probabilities = joined[probability_columns(table.columns)].to_numpy(np.float32)

    def top(self, row: int, count: int) -> list[dict[str, Any]]:
        """List name and confidence of a cell's likeliest classes; none where it was not predicted."""
        probabilities = self.probabilities[row]
        if np.isnan(probabilities).any():
            return []
        best = np.argsort(-probabilities)[:count]
        return [
            {"name": self.class_names[label], "confidence": float(probabilities[label])} for label in best
        ]
