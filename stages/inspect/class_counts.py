"""How many cells show each pattern, over all fields of a report."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stages.inspect.cells.predicted_cells import PredictedCells


def count_patterns(table: pd.DataFrame, predicted: PredictedCells) -> list[dict[str, Any]]:
    """Count the cells that were found to have each class, and the fields in which they are.

    Parameters
    ----------
    table
        Cells table; cells with a drop reason are not counted.
    predicted
        What was predicted for its cells, in the same order.

    Returns
    -------
    list of dict
        ``name``, ``cells`` and ``fields`` of each class that any cell has, the most frequent first.
    """
    cells, fields = Counter[int](), dict[int, NDArray[np.bool_]]()
    numbers, image_ids = pd.factorize(table["image_id"])
    for row in np.flatnonzero(table["dropped"] == "").tolist():
        for label in predicted.called(row) or ():
            cells[label] += 1
            if label not in fields:
                fields[label] = np.zeros(len(image_ids), bool)
            fields[label][numbers[row]] = True
    return [
        {"name": predicted.name((label,))[0], "cells": count, "fields": int(fields[label].sum())}
        for label, count in sorted(cells.items(), key=lambda item: (-item[1], item[0]))
    ]
