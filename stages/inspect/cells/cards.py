"""What the pages say of each pre-cropped cell."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from stages.inspect.attention.maps import CellAttention
from stages.inspect.cells.groups import CellGroup
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.given_labels import compare_labels

_PICTURES_PER_FOLDER = 1000


class CellCards:
    """Names, predictions and labels of all cells, given cell by cell.

    Parameters
    ----------
    table
        The cells table, with at least image_id and dropped.
    predicted
        What was predicted, in the table's order.
    given
        Image ID -> names of its given classes.
    groups
        The pages on which the cells stand.
    top_classes
        How many classes to list.
    attention
        What the network attends to in some of them.

    Attributes
    ----------
    predicted, attention
        As given.
    dropped
        (n,) str: why a filter left a cell out, or an empty string.
    called
        Of every cell the names of its predicted classes; None where it was not predicted.
    given
        Of every cell the names of its given classes, empty where none are known.
    verdicts
        (n,) str, see ``compare_labels``.
    pictured
        (n,) bool: cells whose pictures could be made.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        predicted: PredictedCells,
        given: Mapping[str, tuple[str, ...]],
        groups: list[CellGroup],
        top_classes: int,
        attention: CellAttention,
    ) -> None:
        self.predicted, self.attention, self._top_classes = predicted, attention, top_classes
        self._names: list[str] = table["image_id"].tolist()
        self.dropped = table["dropped"].to_numpy(object)
        classes = [predicted.called(row) for row in range(len(table))]
        self.called = [None if labels is None else predicted.name(labels) for labels in classes]
        self.given = [given.get(name, ()) for name in self._names]
        pairs = zip(self.called, self.given, strict=True)
        self.verdicts = np.array([compare_labels(*pair) for pair in pairs], object)
        self.pictured = np.ones(len(table), bool)
        self._page = np.zeros(len(table), int)
        for group in groups:
            self._page[group.rows] = group.number

    def __len__(self) -> int:
        """Count the cells."""
        return len(self._names)

    def card(self, row: int) -> dict[str, Any]:
        """Return what the templates show of a cell."""
        is_attended = self.pictured[row] and row in self.attention.maps
        return {
            "row": row,
            "name": self._names[row],
            "page": f"cells/{self._page[row]}.html",
            "picture": str(picture_path(row)) if self.pictured[row] else "",
            "attention": str(attention_path(row)) if is_attended else "",
            "attention_text": self.attention.describe(row) if is_attended else "",
            "dropped": self.dropped[row],
            "called": self.called[row],
            "given": self.given[row],
            "verdict": self.verdicts[row],
            "top": self.predicted.top(row, self._top_classes),
        }


def picture_path(row: int) -> PurePosixPath:
    """Return the path of a cell's picture below the report, by its row: names may have any character."""
    return PurePosixPath("tiles", str(row // _PICTURES_PER_FOLDER), f"{row}.jpg")


def attention_path(row: int) -> PurePosixPath:
    """Return the path of the picture of a cell's attention below the report."""
    return picture_path(row).with_name(f"{row}_attention.jpg")
