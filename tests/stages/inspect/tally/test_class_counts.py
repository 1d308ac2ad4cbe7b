from pathlib import Path

import numpy as np
import pandas as pd

from data.predictions.predictions_table import write_predictions
from stages.inspect.cells.cell_facts import CellFacts, GivenClasses
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.tally.class_counts import PatternCounts
from tests.factories.cells_table import make_cells_table


def describe(path: Path | None, table: pd.DataFrame) -> CellFacts:
    predicted = PredictedCells.read(path, table)
    return CellFacts(table, predicted, GivenClasses(predicted.label_set, {}))


def test_kept_cells_and_their_fields_by_pattern(tmp_path: Path) -> None:
    images = ["a", "a", "a", "b", "b"]
    table = make_cells_table(images, dropped=["", "", "too dark", "", ""])
    labels = ["2", "2|0", "1", "2", ""]
    path = tmp_path / "predictions.parquet"
    names = ("One", "Two", "Three")
    numbers = np.array([1, 2, 3, 1, 2])
    write_predictions(path, images, numbers, np.full((5, 3), 0.3), class_names=names, labels=labels)
    at_once, in_parts = PatternCounts(), PatternCounts()
    at_once.add(describe(path, table))
    for part in (table.iloc[:3], table.iloc[3:]):
        in_parts.add(describe(path, part))
    assert (
        at_once.describe(names)
        == in_parts.describe(names)
        == [
            {"name": "Three", "cells": 3, "fields": 2},
            {"name": "One", "cells": 1, "fields": 1},
        ]
    )


def test_nothing_predicted() -> None:
    counts = PatternCounts()
    counts.add(describe(None, make_cells_table(["a"])))
    assert counts.describe(()) == []
