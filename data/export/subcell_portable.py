"""The table ``result.csv`` of SubCellPortable, in two of its published states."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.tables.csv_file import escape_cell

State = Literal["2024-10", "2025-11"]
"""Months of two published states: probabilities are sigmoids in the one, a softmax of these in the other."""

WIDTH = 1536
"""Numbers in an embedding."""

_TOP = 3


def tabulate_results(
    cells: Sequence[str],
    probabilities: NDArray[np.float32],
    embedding: NDArray[np.float32],
    names: Sequence[str],
    state: State,
) -> pd.DataFrame:
    """Return rows of the table as SubCellPortable writes them.

    Parameters
    ----------
    cells
        (n,) names of the cells; what a spreadsheet would run is escaped.
    probabilities
        (n, 31) sigmoids.
    embedding
        (n, 1536).
    names
        Names of the classes.
    state
        Which state of the program: its probabilities, and which class comes first among equals.
    """
    if state == "2025-11":
        probabilities = soften(probabilities)
    top = rank_classes(probabilities, state)
    likeliest = probabilities.argmax(axis=1)
    leading = pd.DataFrame(
        {
            "id": [escape_cell(cell) for cell in cells],
            "top_class_name": [names[label] for label in likeliest],
            "top_class": likeliest,
            "top_3_classes_names": [",".join(names[int(label)] for label in row) for row in top],
            "top_3_classes": [",".join(map(str, row)) for row in top],
        }
    )
    numbers = (("prob", 2, probabilities), ("feat", 4, embedding))
    parts = [
        pd.DataFrame(values, columns=[f"{prefix}{number:0{digits}d}" for number in range(values.shape[1])])
        for prefix, digits, values in numbers
    ]
    return pd.concat([leading, *parts], axis=1)


def soften(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the softmax over the classes of probabilities (n, classes), as if these were logits."""
    raised = np.exp(probabilities - probabilities.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def rank_classes(probabilities: NDArray[np.floating], state: State) -> NDArray[np.intp]:
    """Return the numbers of the three likeliest classes (n, 3), the likeliest first.

    Among equals the former state has the highest number first, the latter the lowest.
    """
    if state == "2024-10":
        return np.argsort(probabilities, axis=1, kind="stable")[:, : -_TOP - 1 : -1]
    return np.argsort(-probabilities, axis=1, kind="stable")[:, :_TOP]
