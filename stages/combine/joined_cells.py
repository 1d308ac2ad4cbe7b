"""Cells with their predictions, and the classes of a submission."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.labels.class_mapping import ClassMapping, map_classes
from data.labels.label_set import read_label_set
from data.predictions.predictions_table import probability_columns, read_class_names, read_predictions
from data.rules.cell_facts import FACT_COLUMNS

log = logging.getLogger("hpacells")

_CELL = ["image_id", "cell_id"]


class SubmissionClasses:
    """The classes of a submission, into which those that were predicted are merged.

    Parameters
    ----------
    predictions
        Predictions table, which has the names of the classes.
    label_set
        Label set of the submission; None for the predicted classes.

    Attributes
    ----------
    details
        What is to be recorded of them.
    negative
        Name of the negative class of the submission's label set; None where none is known.

    Raises
    ------
    InputError
        The label set has none of the predicted classes.
    """

    def __init__(self, predictions: Path, label_set: str | None) -> None:
        names = read_class_names(predictions)
        self._mapping: ClassMapping | None = None
        self.details: dict[str, Any] = {"class_names": list(names)}
        self.negative: str | None = None
        target = None if label_set is None else read_label_set(label_set)
        if target is not None and target.negative is not None:
            self.negative = target.names[target.negative]
        if target is None or target.names == names:
            return
        self._mapping = mapping = map_classes(names, target, where=predictions)
        without_a_place, without_members = mapping.without_a_place, mapping.without_members
        log.info("combine: %d predicted classes as the %d of %s", len(names), len(target), target)
        if without_a_place:
            log.warning(
                "combine: not in the submission, since %s has none such: %s",
                target,
                ", ".join(without_a_place),
            )
        if without_members:
            log.warning(
                "combine: in no cell of the submission, since none was predicted: %s",
                ", ".join(without_members),
            )
        pairs = zip(target.names, mapping.members, strict=True)
        merged = {
            "label_set": label_set,
            "members": {name: [names[number] for number in numbers] for name, numbers in pairs},
            "without a place": list(without_a_place),
            "without members": list(without_members),
        }
        self.details = {"class_names": list(target.names), "merged": merged}

    def merge(self, probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return the probabilities (n, classes) of the submission's classes from those predicted."""
        return probabilities if self._mapping is None else self._mapping.merge(probabilities)


def join_cells(cells: Path, predictions: Path) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Join the tables of cells and predictions, sorted by image and cell; dropped cells need no prediction.

    Returns
    -------
    DataFrame, ndarray
        Of each cell the size of its image, facts for the rules, drop reason, ``row`` in the cells table and
        row in the array, ``prediction``;
        (predictions, classes) probabilities.

    Raises
    ------
    InputError
        A prediction is of a cell that the table lacks, a cell that is not dropped lacks its prediction, or a
        cell has two rows.
    """
    table = read_cells(cells, [*_CELL, "image_height", "image_width", "dropped", *FACT_COLUMNS])
    twice = table[table.duplicated(_CELL)]
    if len(twice):
        raise InputError(found=f"{_name(twice)} has two rows", where=cells, expected="one row per cell")
    predicted = read_predictions(predictions, embedding=False)
    probabilities = predicted[probability_columns(predicted.columns)].to_numpy()
    predicted = predicted[_CELL].assign(prediction=np.arange(len(predicted)))
    joined = table.assign(row=np.arange(len(table))).merge(
        predicted, how="outer", on=_CELL, indicator="found_in"
    )
    unknown = joined[joined["found_in"] == "right_only"]
    if len(unknown):
        raise InputError(
            found=f"predictions of {len(unknown)} cells that {cells} lacks, first {_name(unknown)}",
            where=predictions,
            expected="predictions of these cells",
            advice="run `hpacells predict` again, or give predictions of these cells",
        )
    lacking = joined[(joined["found_in"] == "left_only") & (joined["dropped"] == "")]
    if len(lacking):
        raise InputError(
            found=f"no prediction of {len(lacking)} cells of {cells}, first {_name(lacking)}",
            where=predictions,
            expected="one of each cell that is not dropped",
            advice="run `hpacells predict` again, or give predictions of all these cells",
        )
    return joined, probabilities


def _name(rows: pd.DataFrame) -> str:
    return f"cell {rows['cell_id'].iloc[0]} of image {rows['image_id'].iloc[0]}"
