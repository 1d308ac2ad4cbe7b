"""What a report says of each cell."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.labels.label_set import LabelSet
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


class GivenClasses:
    """The classes that a report names, by number, and those that images were given.

    Parameters
    ----------
    label_set
        The classes that are predicted; None where nothing was predicted.
    given
        Image ID -> names of its given classes.

    Attributes
    ----------
    names
        The classes that are predicted, then others that are given.
    predicted
        How many are predicted.
    """

    def __init__(self, label_set: LabelSet | None, given: Mapping[str, tuple[str, ...]]) -> None:
        known = label_set.names if label_set else ()
        others = sorted({name for names in given.values() for name in names}.difference(known))
        self.names, self.predicted = (*known, *others), len(known)
        number = {name: place for place, name in enumerate(self.names)}
        self._numbered = {
            image_id: tuple(number[name] for name in names) for image_id, names in given.items()
        }

    def find(self, image_ids: Iterable[str]) -> list[tuple[int, ...]]:
        """Return the numbers of the classes that some images were given; none of an image without labels."""
        return [self._numbered.get(image_id, ()) for image_id in image_ids]


class CellFacts:
    """Names, predictions and labels of some cells, given cell by cell.

    Parameters
    ----------
    table
        Their rows of the cells table, with ``COLUMNS``.
    predicted
        What was predicted, in the same order.
    given
        The classes, and those that images were given.
    stored
        (n,) where the rows are in the cells table, as their tiles are in the store; by default they are all
        of it.

    Attributes
    ----------
    table, predicted, stored
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
        self,
        table: pd.DataFrame,
        predicted: PredictedCells,
        given: GivenClasses,
        stored: NDArray[np.intp] | None = None,
    ) -> None:
        self.table, self.predicted, self.class_names = table, predicted, given.names
        self.stored = np.arange(len(table)) if stored is None else stored
        self.dropped: NDArray[np.object_] = table["dropped"].to_numpy(object)
        self.called = [predicted.called(row) for row in range(len(table))]
        self.given = given.find(table["image_id"].tolist())
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
