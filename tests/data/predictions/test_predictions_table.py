from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import InputError
from data.labels.label_file import CLASS_NAMES
from data.predictions.predictions_table import (
    PROBABILITY_COLUMNS,
    probability_columns,
    read_class_names,
    read_predictions,
    write_predictions,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "predictions.parquet"


def write(path: Path, probabilities: np.ndarray, image_id: tuple[str, ...] = ("a", "a", "b")) -> None:
    write_predictions(path, image_id, np.array([1, 2, 1][: len(image_id)]), probabilities)


def test_what_is_written_is_read(path: Path) -> None:
    rng = np.random.default_rng(0)
    probabilities, embedding = rng.random((3, 19)), rng.normal(size=(3, 5))
    write_predictions(path, ["a", "a", "b"], np.array([1, 2, 1]), probabilities, embedding)
    table = read_predictions(path)
    assert list(table.columns) == ["image_id", "cell_id", *PROBABILITY_COLUMNS, "embedding"]
    assert table["image_id"].tolist() == ["a", "a", "b"]
    assert table["cell_id"].tolist() == [1, 2, 1]
    assert table["cell_id"].dtype == np.int32
    assert np.array_equal(table[list(PROBABILITY_COLUMNS)].to_numpy(), probabilities.astype(np.float32))
    assert np.array_equal(np.stack(table["embedding"].tolist()), embedding.astype(np.float32))
    assert "embedding" not in read_predictions(path, embedding=False)


def test_labels_are_kept(path: Path) -> None:
    labels = ["0|18", "", "3"]
    write_predictions(path, ["a", "a", "b"], np.array([1, 2, 1]), np.zeros((3, 19)), labels=labels)
    assert read_predictions(path)["labels"].tolist() == labels
    with pytest.raises(ValueError, match="3"):
        write_predictions(path, ["a", "a", "b"], np.array([1, 2, 1]), np.zeros((3, 19)), labels=["0"])


@pytest.mark.parametrize("rows", [0, 2])
def test_without_embedding(path: Path, rows: int) -> None:
    write(path, np.zeros((rows, 19), np.float16), ("a", "b")[:rows])
    table = read_predictions(path)
    assert list(table.columns) == ["image_id", "cell_id", *PROBABILITY_COLUMNS]
    assert len(table) == rows


def test_arrays_that_do_not_fit(path: Path) -> None:
    for image_id, shape in ((("a", "b"), (3, 19)), (("a", "b"), (2, 18))):
        with pytest.raises(ValueError, match="2 image IDs, 2 cell IDs, probabilities of shape"):
            write(path, np.zeros(shape), image_id)
    with pytest.raises(ValueError, match="1 image IDs, 2 embeddings"):
        write_predictions(path, ["a"], np.array([1]), np.zeros((1, 19)), np.zeros((2, 4)))
    assert not path.exists()


def test_other_classes(path: Path) -> None:
    probabilities = np.random.default_rng(0).random((2, 28))
    names = [f"pattern {label}" for label in range(28)]
    write_predictions(path, ["a", "b"], np.array([1, 1]), probabilities, class_names=names)
    table = read_predictions(path)
    assert np.array_equal(table[probability_columns(table.columns)], probabilities.astype(np.float32))
    assert read_class_names(path) == tuple(names)
    with pytest.raises(ValueError, match=r"probabilities of shape \(2, 28\)"):
        write_predictions(path, ["a", "b"], np.array([1, 1]), probabilities)


def test_class_names_that_no_table_tells(path: Path) -> None:
    write(path, np.zeros((3, 19)))
    assert read_class_names(path) == CLASS_NAMES
    read_predictions(path).to_parquet(path)
    assert read_class_names(path) == CLASS_NAMES
    read_predictions(path)[["image_id", "cell_id", "p_0", "p_1"]].to_parquet(path)
    assert read_class_names(path) == ("class 0", "class 1")


def test_more_names_than_probabilities(path: Path) -> None:
    write_predictions(path, ["a"], np.array([1]), np.zeros((1, 3)), class_names=["x", "y", "z"])
    pq.write_table(pq.read_table(path).drop_columns("p_2"), path)
    with pytest.raises(InputError, match=r"names of 3 classes; expected 2, .*hpacells predict"):
        read_class_names(path)


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan])
def test_what_is_no_probability(path: Path, value: float) -> None:
    write(path, np.full((3, 19), 0.5))
    table = pq.read_table(path)
    column = table.column_names.index("p_7")
    pq.write_table(
        table.set_column(column, table.field(column), [pa.array([0.5, value, 0.5], pa.float32())]), path
    )
    with pytest.raises(InputError, match=r"image a, cell 2: p_7 = .*expected 0\.\.1"):
        read_predictions(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_not_written(path: Path, value: float) -> None:
    probabilities = np.full((3, 19), 0.5)
    probabilities[1, 7] = value
    with pytest.raises(
        InputError, match="probabilities of 1 cells that are no numbers, first of cell 2 of a"
    ):
        write(path, probabilities)
    assert not path.exists()


def test_a_cell_that_stands_twice(path: Path) -> None:
    write_predictions(path, ["a", "b", "a"], np.array([4, 4, 4]), np.zeros((3, 19)))
    with pytest.raises(InputError, match="image a, cell 4: a second row"):
        read_predictions(path)


def test_files_that_are_no_predictions(path: Path) -> None:
    with pytest.raises(InputError, match="no such file.*hpacells predict"):
        read_predictions(path)
    path.write_text("image_id,cell_id\n")
    with pytest.raises(InputError, match="not a predictions table"):
        read_predictions(path)
    columns = {"image_id": ["a"], "cell_id": [1]}
    pd.DataFrame(columns).to_parquet(path)
    with pytest.raises(InputError, match="no column p_0"):
        read_predictions(path)
    pd.DataFrame({**columns, **dict.fromkeys(["p_0", "p_1", "p_3"], 0.5)}).to_parquet(path)
    with pytest.raises(InputError, match="no column p_2"):
        read_predictions(path)
