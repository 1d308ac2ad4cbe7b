"""What a report says of each cell."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.given_labels import compare_labels

COLUMNS = (
    "image_id",
    "cell_id",
    "y0",
    "x0",
    "y1",
    "x1",
    "area_px",
    "nucleus_area_px",
    "dropped",
    "border_fraction_inside",
    "group",
)
"""Columns of the cells table that a report reads."""

PLACES = 4
"""Decimals of the probabilities in a report."""


class CellFacts:
    """Names, predictions and labels of all cells, given cell by cell.

    Parameters
    ----------
    table
        The cells table, with ``COLUMNS``.
    predicted
        What was predicted, in the table's order.
    given
        Image ID -> names of its given classes.

    Attributes
    ----------
    table, predicted
        As given.
    class_names
        The classes that are predicted, then others that are given.
    dropped
        (n,) str: why a filter left a cell out, or an empty string.
    called
        Of every cell the numbers of its predicted classes; None where it was not predicted.
    given
        Of every cell the numbers of its given classes, empty where none are known.
    verdicts
        (n,) str, see ``compare_labels``.
    """

    def __init__(
        self, table: pd.DataFrame, predicted: PredictedCells, given: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.table, self.predicted = table, predicted
        known = predicted.label_set.names if predicted.label_set else ()
        others = sorted({name for names in given.values() for name in names}.difference(known))
        self.class_names = (*known, *others)
        number = {name: place for place, name in enumerate(self.class_names)}
        numbered = {image_id: tuple(number[name] for name in names) for image_id, names in given.items()}
        self.dropped: NDArray[np.object_] = table["dropped"].to_numpy(object)
        self.called = [predicted.called(row) for row in range(len(table))]
        self.given = [numbered.get(image_id, ()) for image_id in table["image_id"].tolist()]
        pairs = zip(self.called, self.given, strict=True)
        self.verdicts = np.array([compare_labels(*pair) for pair in pairs], object)
        self._columns = {name: table[name].to_numpy() for name in COLUMNS}

    def __len__(self) -> int:
        """Count the cells."""
        return len(self.table)

    @property
    def likeliest(self) -> NDArray[np.float32]:
        """The largest probability of each cell: (n,) float32, NaN where it was not predicted."""
        probabilities = self.predicted.probabilities
        if not probabilities.shape[1]:
            return np.full(len(self), np.nan, np.float32)
        return probabilities.max(axis=1)

    def describe(self, row: int) -> dict[str, Any]:
        """Return what the page of a cell shows, but for its place and pictures."""
        column = self._columns
        is_predicted = self.called[row] is not None
        return {
            "image": column["image_id"][row],
            "cell": column["cell_id"][row],
            "box": [column[name][row] for name in ("y0", "x0", "y1", "x1")],
            "area": column["area_px"][row],
            "nucleus": column["nucleus_area_px"][row],
            "inside": round(float(column["border_fraction_inside"][row]), 3),
            "dropped": self.dropped[row],
            "called": self.called[row],
            "given": self.given[row],
            "verdict": self.verdicts[row],
            "p": np.round(self.predicted.probabilities[row].astype(float), PLACES) if is_predicted else None,
        }
