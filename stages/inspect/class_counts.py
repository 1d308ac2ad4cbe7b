"""How many cells show each pattern, over all fields of a report."""

from collections import Counter
from typing import Any

import pandas as pd

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
    cells, fields = Counter[int](), dict[int, set[str]]()
    for row, (image_id, dropped) in enumerate(zip(table["image_id"], table["dropped"], strict=True)):
        for label in () if dropped else predicted.called(row) or ():
            cells[label] += 1
            fields.setdefault(label, set()).add(image_id)
    return [
        {"name": predicted.name((label,))[0], "cells": count, "fields": len(fields[label])}
        for label, count in sorted(cells.items(), key=lambda item: (-item[1], item[0]))
    ]
