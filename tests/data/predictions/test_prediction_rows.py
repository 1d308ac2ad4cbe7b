import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import InputError
from data.predictions import prediction_rows
from data.predictions.prediction_rows import PredictionRows, write_prediction_rows
from data.predictions.predictions_table import read_class_names, read_predictions, write_predictions

NAMES = ("A", "B", "C")
COUNT = 11


def make(number: type = np.float32) -> PredictionRows:
    rng = np.random.default_rng(0)
    return PredictionRows(
        [f"i{row // 3}" for row in range(COUNT)],
        np.arange(COUNT) % 3 + 1,
        rng.random((COUNT, 3)),
        rng.normal(size=(COUNT, 5)).astype(number),
        [str(row % 3) for row in range(COUNT)],
    )


def cut(rows: PredictionRows, part: slice) -> PredictionRows:
    assert rows.embedding is not None
    assert rows.labels is not None
    return PredictionRows(
        rows.image_id[part],
        rows.cell_id[part],
        rows.probabilities[part],
        rows.embedding[part],
        rows.labels[part],
    )


@pytest.mark.parametrize("number", [np.float16, np.float32])
def test_rows_make_one_file_however_they_are_divided(
    tmp_path: Path, number: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_rows, "GROUP_ROWS", 4)
    rows, files = make(number), []
    for name, bounds in (("one", [0, COUNT]), ("several", [0, 1, 6, 7, COUNT])):
        parts = (cut(rows, slice(*ends)) for ends in itertools.pairwise(bounds))
        path = tmp_path / name
        write_prediction_rows(path, parts, NAMES, image_weight=0.3, calibrations=["none"])
        files.append(path.read_bytes())
    whole = tmp_path / "whole"
    columns = rows.image_id, rows.cell_id, rows.probabilities, rows.embedding
    write_predictions(whole, *columns, NAMES, rows.labels, 0.3, ["none"])
    assert files[0] == files[1] == whole.read_bytes()
    table = read_predictions(whole)
    np.testing.assert_array_equal(np.stack(table["embedding"].tolist()), rows.embedding)
    assert table["labels"].tolist() == rows.labels
    np.testing.assert_array_equal(table[["p_0", "p_1", "p_2"]], rows.probabilities.astype(np.float32))
    with pq.ParquetFile(whole) as file:
        assert file.num_row_groups == 3
        kept = file.schema_arrow.field("embedding").type.value_type
    assert kept == (pa.float16() if number is np.float16 else pa.float32())


def test_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "predictions.parquet"
    write_prediction_rows(path, [], NAMES)
    table = read_predictions(path)
    assert list(table.columns) == ["image_id", "cell_id", "p_0", "p_1", "p_2", "labels"]
    assert not len(table)
    assert read_class_names(path) == NAMES


def test_cells_whose_probabilities_are_no_numbers_are_counted_in_all_parts(tmp_path: Path) -> None:
    rows = make()
    rows.probabilities[4, 1], rows.probabilities[[8, 9], 0] = np.nan, np.inf
    parts = [cut(rows, slice(start, start + 2)) for start in range(0, COUNT, 2)]
    path = tmp_path / "predictions.parquet"
    with pytest.raises(InputError, match="of 3 cells that are no numbers, first of cell 2 of i1"):
        write_prediction_rows(path, parts, NAMES)
    assert not [*tmp_path.iterdir()]
