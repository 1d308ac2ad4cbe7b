from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.predictions.predictions_table import write_predictions
from stages.inspect.cells.predicted_cells import PredictedCells

CELLS = pd.DataFrame({"image_id": ["a", "b", "c"], "cell_id": [1, 1, 1]})
PROBABILITIES = np.array([[0.1, 0.7, 0.2], [0.6, 0.5, 0.55]], np.float32)


def read(folder: Path, labels: list[str] | None) -> PredictedCells:
    path = folder / "predictions.parquet"
    # In another order than the cells.
    write_predictions(path, ["c", "a"], np.array([1, 1]), PROBABILITIES, None, ["X", "Y", "Z"], labels)
    return PredictedCells.read(path, CELLS)


def test_classes_that_were_called(tmp_path: Path) -> None:
    predicted = read(tmp_path, ["", "0|2"])
    assert [predicted.called(row) for row in range(3)] == [(0, 2), None, ()]
    assert predicted.name((0, 2)) == ("X", "Z")
    assert [entry["name"] for entry in predicted.top(0, 2)] == ["X", "Z"]
    assert predicted.top(2, 1) == [{"name": "Y", "confidence": pytest.approx(0.7)}]
    assert predicted.top(1, 2) == []


def test_the_likeliest_class_where_none_was_called(tmp_path: Path) -> None:
    predicted = read(tmp_path, None)
    assert [predicted.called(row) for row in range(3)] == [(0,), None, (1,)]


def test_nothing_predicted() -> None:
    predicted = PredictedCells.read(None, CELLS)
    assert predicted.label_set is None
    assert [predicted.called(row) for row in range(3)] == [None] * 3
    assert predicted.top(0, 3) == []
