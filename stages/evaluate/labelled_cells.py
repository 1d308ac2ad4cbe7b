"""The predicted cells of labelled images, with the classes that were found and the true ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.labels.label_file import check_coverage, parse_labels, read_labels
from data.labels.label_set import LabelSet
from data.predictions.predictions_table import probability_columns, read_predictions
from stages.evaluate.levels import Judged
from stages.evaluate.paths import EvaluateInputs

_CELL = ["image_id", "cell_id"]


def read_labelled_cells(inputs: EvaluateInputs, names: Sequence[str], threshold: float | None) -> Judged:
    """Read the cells to judge; their names are those of their images.

    Parameters
    ----------
    inputs
        Paths of the tables and the label file.
    names
        Names of the classes.
    threshold
        Probability from which each class is found; None for the classes that predict has called.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or no cell is left.
    """
    predictions, labels = inputs.predictions_path, inputs.labels_path
    table = _join(inputs)
    label_set = LabelSet(names=tuple(names), title=f"of {predictions}")
    true = read_labels(labels, label_set)
    check_coverage(true, table["image_id"], where=labels)
    table = table[(table["dropped"] == "") & table["image_id"].isin([key for key in true if true[key]])]
    if not len(table):
        raise InputError(
            found="no cell of the labelled images is left",
            where=inputs.cells_path,
            expected="cells that no filter of the crops stage dropped",
            advice="give the labels of other images, or loosen the filters of `hpacells crops`",
        )
    probabilities = table[probability_columns(table.columns)].to_numpy()
    if threshold is not None or "labels" not in table.columns:
        decisions = probabilities >= (0.5 if threshold is None else threshold)
    else:
        called = [
            parse_labels(text, label_set, where=str(predictions)) if text else () for text in table["labels"]
        ]
        decisions = _mark(called, len(names))
    images = table["image_id"].to_numpy(dtype=str)
    return Judged(images, probabilities, decisions, _mark([true[image] for image in images], len(names)))


def _join(inputs: EvaluateInputs) -> pd.DataFrame:
    predictions, cells = inputs.predictions_path, inputs.cells_path
    table = read_cells(cells, [*_CELL, "dropped"])
    joined = read_predictions(predictions, embedding=False).merge(table, how="left", on=_CELL)
    unknown = joined[joined["dropped"].isna()]
    if len(unknown):
        first = f"cell {unknown['cell_id'].iloc[0]} of image {unknown['image_id'].iloc[0]}"
        raise InputError(
            found=f"predictions of {len(unknown)} cells that {cells} lacks, first {first}",
            where=predictions,
            expected="predictions of these cells",
            advice="run `hpacells predict` again",
        )
    return joined


def _mark(classes: Sequence[Sequence[int]], count: int) -> NDArray[np.bool_]:
    marks = np.zeros((len(classes), count), bool)
    for row, numbers in enumerate(classes):
        marks[row, list(numbers)] = True
    return marks
