from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.predictions.predictions_table import write_predictions
from stages.inspect.cells import neighbours
from stages.inspect.cells.neighbours import find_neighbours
from stages.inspect.cells.places import Places
from stages.inspect.cells.predicted_cells import PredictedCells
from tests.factories.context import QuietContext

CELLS = 60


def read(folder: Path, embedding: np.ndarray | None) -> tuple[Path, PredictedCells, Places, np.ndarray]:
    """Return predictions in another order than the cells; one cell is not predicted, one not shown."""
    random = np.random.default_rng(3)
    names = [f"c{number}" for number in range(CELLS)]
    table = pd.DataFrame({"image_id": names, "cell_id": 1})
    probabilities = random.dirichlet(np.ones(4), CELLS).astype(np.float32)
    order = random.permutation(CELLS - 1)
    path = folder / "predictions.parquet"
    write_predictions(
        path,
        [names[row] for row in order],
        np.ones(CELLS - 1, int),
        probabilities[order],
        None if embedding is None else embedding[order],
        ["A", "B", "C", "D"],
    )
    page = np.arange(1, CELLS + 1, dtype=np.int32)
    page[5] = 0
    places = Places(page, np.ones(CELLS, np.int32))
    vectors = np.sqrt(probabilities) if embedding is None else embedding.astype(np.float32)
    return path, PredictedCells.read(path, table), places, vectors


def rank(vectors: np.ndarray, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the other cells that are shown and predicted, and their distances, the nearest first."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    apart = 1 - unit @ unit[row]
    others = np.array([other for other in range(CELLS - 1) if other not in (5, row)])
    order = np.argsort(apart[others], kind="stable")
    return others[order], apart[others][order]


@pytest.mark.parametrize("kind", ["none", "float32", "float16", "long"])
def test_the_nearest_cells(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 7)
    monkeypatch.setattr(neighbours, "_ROWS", 16)
    random = np.random.default_rng(1)
    embedding = None if kind == "none" else random.normal(size=(CELLS, 100 if kind == "long" else 9))
    if embedding is not None:
        # Of few independent directions, as embeddings are.
        embedding[:, 9:] = embedding[:, :9] @ random.normal(size=(9, embedding.shape[1] - 9))
        embedding = embedding.astype(np.float16 if kind == "float16" else np.float32)
    path, predicted, places, vectors = read(tmp_path, embedding)
    found = find_neighbours(path, predicted, places, 4, QuietContext())
    assert found.note.startswith("by the classifier's embedding" if embedding is not None else "by the prob")
    for row in [row for row in range(CELLS - 1) if row != 5]:
        expected, apart = rank(vectors, row)
        assert [page - 1 for page, _, _ in found[row]] == expected[:4].tolist()
        np.testing.assert_allclose([distance for _, _, distance in found[row]], apart[:4], atol=1e-4)
    assert found[5] == found[CELLS - 1] == []


def test_among_some_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_MOST", 10)
    path, predicted, places, _ = read(tmp_path, None)
    found = find_neighbours(path, predicted, places, 50, QuietContext())
    assert found.note.endswith("among 10 of 58 cells, evenly spread")
    assert {len(found[row]) for row in range(CELLS - 1) if row != 5} == {9}
    assert all(page > 0 for row in range(CELLS) for page, _, _ in found[row])


def test_nothing_to_compare(tmp_path: Path) -> None:
    path, predicted, places, _ = read(tmp_path, None)
    assert find_neighbours(path, predicted, places, 0, QuietContext()).note == ""
    none = Places(np.zeros(CELLS, np.int32), places.number)
    assert find_neighbours(path, predicted, none, 3, QuietContext())[0] == []
