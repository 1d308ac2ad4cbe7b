"""What was predicted for each cell of the cells table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.labels.label_set import LabelSet
from data.predictions.predictions_table import probability_columns, read_class_names, read_predictions

_CELL = ["image_id", "cell_id"]


@dataclass(frozen=True)
class PredictedCells:
    """Predictions in the order of some cells.

    Attributes
    ----------
    label_set
        The classes; None where nothing was predicted.
    rows
        (n,) the row of each cell in the predictions table; -1 for a cell that was not predicted.
    probabilities
        (n, classes) float32, one row per cell; NaN for a cell that was not predicted.
    combinations
        (n,) the classes that each cell was found to have, as a tuple; None where the table calls none.
    """

    label_set: LabelSet | None
    rows: NDArray[np.intp]
    probabilities: NDArray[np.float32]
    combinations: NDArray[np.object_]

    @classmethod
    def arrange(
        cls,
        label_set: LabelSet | None,
        rows: NDArray[np.intp],
        probabilities: NDArray[np.floating],
        labels: pd.Series | None,
    ) -> "PredictedCells":
        """Arrange what was predicted for some of the cells.

        Parameters
        ----------
        label_set, rows
            As they are kept.
        probabilities
            (m, classes) of those that were predicted, in the order of the cells.
        labels
            (m,) numbers of their called classes as text; None where the table does not have them.
        """
        known = rows >= 0
        arranged = np.full((len(rows), probabilities.shape[1]), np.nan, np.float32)
        arranged[known] = probabilities
        combinations = np.full(len(rows), None, object)
        if labels is not None:
            # Few combinations of classes occur, in many cells. The last one is of texts that are missing.
            codes, texts = pd.factorize(labels)
            called = np.full(len(texts) + 1, None, object)
            for number, text in enumerate(texts.tolist()):
                called[number] = tuple(int(label) for label in text.split("|") if label)
            combinations[known] = called[codes]
        return cls(label_set, rows, arranged, combinations)

    @classmethod
    def read(cls, predictions: Path | None, cells: pd.DataFrame) -> "PredictedCells":
        """Read the predictions of cells, in whatever order the table is.

        Parameters
        ----------
        predictions
            The predictions table; None where nothing was predicted yet.
        cells
            Rows of the cells table, with at least image_id and cell_id.

        Raises
        ------
        InputError
            The predictions table is missing or is none.
        """
        if predictions is None:
            return cls.arrange(None, np.full(len(cells), -1, np.intp), np.empty((0, 0), np.float32), None)
        table = read_predictions(predictions, embedding=False)
        # Numbers of rows are joined, not the rows: these take some times as much.
        numbered = table[_CELL].assign(row=np.arange(len(table)))
        rows = cells[_CELL].merge(numbered, how="left", on=_CELL)["row"].fillna(-1).to_numpy(np.intp)
        found = rows[rows >= 0]
        probabilities = table[probability_columns(table.columns)].to_numpy(np.float32)[found]
        labels = table["labels"].iloc[found] if "labels" in table.columns else None
        return cls.arrange(read_classes(predictions), rows, probabilities, labels)

    @classmethod
    def join(cls, parts: Sequence["PredictedCells"]) -> "PredictedCells":
        """Join the predictions of cells that follow each other, one part or more."""
        return cls(
            parts[0].label_set,
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
            np.concatenate([part.combinations for part in parts]),
        )

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which cells were predicted: (n,) bool."""
        return np.asarray(self.rows >= 0)

    def take(self, places: NDArray[np.intp]) -> "PredictedCells":
        """Return the predictions of some of the cells."""
        return PredictedCells(
            self.label_set, self.rows[places], self.probabilities[places], self.combinations[places]
        )

    def called(self, row: int) -> tuple[int, ...] | None:
        """Return the classes that a cell was found to have; None where it was not predicted.

        They are those that predict has called, or the likeliest one where the table calls none.
        """
        if not self.known[row]:
            return None
        combination: tuple[int, ...] | None = self.combinations[row]
        return (int(self.probabilities[row].argmax()),) if combination is None else combination

    def name(self, labels: tuple[int, ...]) -> tuple[str, ...]:
        """Return the names of classes."""
        return tuple(self.label_set.names[label] for label in labels) if self.label_set else ()

    def top(self, row: int, count: int) -> list[dict[str, Any]]:
        """List name and confidence of a cell's likeliest classes; none where it was not predicted."""
        if not self.known[row]:
            return []
        probabilities = self.probabilities[row]
        best = np.argsort(-probabilities)[:count].tolist()
        names = self.name(tuple(best))
        return [
            {"name": name, "confidence": float(probabilities[label])}
            for name, label in zip(names, best, strict=True)
        ]


def read_classes(predictions: Path) -> LabelSet:
    """Return the classes of a predictions table.

    Raises
    ------
    InputError
        The file is missing or not a predictions table.
    """
    return LabelSet(names=read_class_names(predictions), title=f"of {predictions}")
