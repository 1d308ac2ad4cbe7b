from pathlib import Path

import numpy as np

from data.predictions.predictions_table import write_predictions
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.class_counts import count_patterns
from tests.factories.cells_table import make_cells_table


def test_kept_cells_and_their_fields_by_pattern(tmp_path: Path) -> None:
    images = ["a", "a", "a", "b", "b"]
    table = make_cells_table(images, dropped=["", "", "too dark", "", ""])
    labels = ["2", "2|0", "1", "2", ""]
    path = tmp_path / "predictions.parquet"
    names = ("One", "Two", "Three")
    numbers = np.array([1, 2, 3, 1, 2])
    write_predictions(path, images, numbers, np.full((5, 3), 0.3), class_names=names, labels=labels)
    assert count_patterns(table, PredictedCells(path, table)) == [
        {"name": "Three", "cells": 3, "fields": 2},
        {"name": "One", "cells": 1, "fields": 1},
    ]


def test_nothing_predicted() -> None:
    table = make_cells_table(["a"])
    assert count_patterns(table, PredictedCells(None, table)) == []
