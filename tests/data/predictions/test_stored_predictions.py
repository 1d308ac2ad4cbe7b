from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import InputError
from data.predictions.predictions_table import write_predictions
from data.predictions.stored_predictions import StoredPredictions

COUNT = 23


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "predictions.parquet"


def write(path: Path, embedding: np.ndarray | None) -> np.ndarray:
    probabilities = np.random.default_rng(1).random((COUNT, 19)).astype(np.float32)
    write_predictions(path, [f"i{row}" for row in range(COUNT)], np.arange(COUNT), probabilities, embedding)
    return probabilities


def make_embedding() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(COUNT, 6)).astype(np.float32)


@pytest.mark.parametrize("rows", [1, 5, 100])
def test_the_parts_are_the_table(path: Path, rows: int) -> None:
    embedding = make_embedding()
    probabilities = write(path, embedding)
    stored = StoredPredictions(path)
    assert (stored.rows, stored.width, len(stored.class_names)) == (COUNT, 6, 19)
    parts = list(stored.read_parts(rows))
    assert [part.start for part in parts] == list(range(0, COUNT, rows))
    np.testing.assert_array_equal(np.concatenate([part.probabilities for part in parts]), probabilities)
    np.testing.assert_array_equal(np.concatenate([part.embedding for part in parts]), embedding)
    assert stored.read_cells()["cell_id"].tolist() == list(range(COUNT))


def test_a_table_without_embeddings(path: Path) -> None:
    write(path, None)
    stored = StoredPredictions(path)
    assert stored.width == 0
    assert [part.embedding for part in stored.read_parts(20)] == [None, None]


@pytest.mark.parametrize("kind", ["half", "lists", "some"])
def test_embeddings_as_others_write_them(path: Path, kind: str) -> None:
    embedding = make_embedding().astype(np.float16)
    write(path, None)
    table = pq.read_table(path)
    lists: list[list[float] | None] = [row.tolist() for row in embedding]
    if kind == "some":
        lists[4] = None
        embedding[4] = np.nan
    if kind == "half":
        column = pa.FixedSizeListArray.from_arrays(pa.array(embedding.ravel()), 6)
    else:
        column = pa.array(lists, pa.list_(pa.float32(), 6) if kind == "some" else pa.list_(pa.float64()))
    pq.write_table(table.append_column("embedding", column), path, row_group_size=7)
    stored = StoredPredictions(path)
    found = np.concatenate([part.embedding for part in stored.read_parts(4)])
    assert (stored.width, found.dtype) == (6, np.float32)
    np.testing.assert_array_equal(found, embedding.astype(np.float32))


def test_what_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        StoredPredictions(path)
    write(path, make_embedding())
    table = pd.read_parquet(path)
    for change, message in (
        ({"p_3": 1.5}, r"row 1: p_3 = 1\.5; expected 0\.\.1"),
        ({"p_3": np.nan}, r"row 1: p_3 = nan; expected 0\.\.1"),
        (
            {"embedding": [[1.0] * 6] * (COUNT - 1) + [[1.0]]},
            f"row {COUNT}: an embedding of 1 numbers; expected 6",
        ),
        ({"embedding": "text"}, "a column embedding of"),
    ):
        changed = table.assign(**change)
        changed.to_parquet(path, index=False)
        with pytest.raises(InputError, match=message):
            list(StoredPredictions(path).read_parts())
    pq.write_table(pa.table(table.drop(columns=["p_3", "embedding"])), path)
    with pytest.raises(InputError, match="no column p_3"):
        StoredPredictions(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="not a predictions table"):
        StoredPredictions(path)


def test_the_cells_of_one_image(path: Path) -> None:
    values = np.linspace(0, 1, 8).reshape(4, 2)
    labels = ["0", "", "1", "0|1"]
    write_predictions(path, ["a", "b", "a", "c"], np.arange(4), values, values, ["A", "B"], labels)
    table = StoredPredictions(path).read_image("a")
    assert table["cell_id"].tolist() == [0, 2]
    assert table["labels"].tolist() == ["0", "1"]
    np.testing.assert_allclose(table[["p_0", "p_1"]], values[[0, 2]], rtol=1e-6)
    assert StoredPredictions(path).read_image("d").empty
    pd.read_parquet(path).assign(p_1=2.0).to_parquet(path)
    with pytest.raises(InputError, match=r"image c: a probability outside 0\.\.1"):
        StoredPredictions(path).read_image("c")


def test_the_cells_of_one_image_where_another_program_wrote_the_ids(path: Path) -> None:
    write_predictions(path, ["a", "b", "a"], np.array([1, 1, 2]), np.eye(3, 19))
    table = pq.read_table(path)
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        ids = table["image_id"].dictionary_encode() if pa.types.is_dictionary(kind) else table["image_id"]
        pq.write_table(table.set_column(0, "image_id", ids.cast(kind)), path)
        assert StoredPredictions(path).read_image("a")["cell_id"].tolist() == [1, 2]
    # Numbers are no IDs.
    pq.write_table(table.set_column(0, "image_id", pa.array([1, 2, 1])), path)
    assert StoredPredictions(path).read_image("1").empty


def test_a_cell_of_one_image_that_stands_twice(path: Path) -> None:
    write_predictions(path, ["a", "b", "b", "a"], np.array([1, 1, 1, 2]), np.eye(4, 19))
    assert len(StoredPredictions(path).read_image("a")) == 2
    with pytest.raises(InputError, match=r"image b, cell 1: a second row; expected one row per cell"):
        StoredPredictions(path).read_image("b")
