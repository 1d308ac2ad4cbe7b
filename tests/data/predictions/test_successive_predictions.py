from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.predictions.predictions_table import write_predictions
from data.predictions.stored_predictions import StoredPredictions
from data.predictions.successive_predictions import SuccessivePredictions


@pytest.mark.parametrize("width", [0, 3])
def test_rows_are_taken_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    random = np.random.default_rng(0)
    probabilities = random.random((50, 2)).astype(np.float32)
    embedding = random.normal(size=(50, 3)).astype(np.float32) if width else None
    path = tmp_path / "predictions.parquet"
    write_predictions(path, ["a"] * 50, np.arange(1, 51), probabilities, embedding, class_names=("A", "B"))
    predictions = StoredPredictions(path)
    read = predictions.read_parts
    monkeypatch.setattr(predictions, "read_parts", lambda: read(8))
    successive, start = SuccessivePredictions(predictions), 0
    for count in (3, 0, 5, 1, 20, 19, 2):
        part = successive.take(count)
        rows = slice(start, start + count)
        np.testing.assert_array_equal(part.probabilities, probabilities[rows])
        if embedding is None:
            assert part.embedding is None
        else:
            np.testing.assert_array_equal(part.embedding, embedding[rows])
        start += count
    assert start == 50
    with pytest.raises(InputError, match="0 more rows"):
        successive.take(1)
