from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.tables.coded_texts import CodedTexts
from data.training import matched_predictions
from data.training.matched_predictions import match_probabilities


def make_table(classes: int = 2) -> pd.DataFrame:
    rows = pd.DataFrame({"image_id": ["b", "a", "a"], "cell_id": [1, 2, 1]})
    for label in range(classes):
        rows[f"p_{label}"] = np.array([0.1, 0.2, 0.3], np.float32) + 0.05 * label
    return rows


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(matched_predictions, "_BLOCK_ROWS", 2)
    return tmp_path / "oof.parquet"


def refuse_whole(*_: object, **__: object) -> None:
    pytest.fail("the table was read as a whole")


def test_cells_find_their_own_probabilities(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_table().to_parquet(path)
    with monkeypatch.context() as patched:
        patched.setattr(matched_predictions, "read_predictions", refuse_whole)
        # Cells and images in an order of their own.
        wanted = CodedTexts.of(["c", "a", "b", "a"]), np.array([1, 1, 1, 2])
        found = match_probabilities(path, *wanted)
    np.testing.assert_allclose(found[1:], [[0.3, 0.35], [0.1, 0.15], [0.2, 0.25]], rtol=1e-6)
    assert np.isnan(found[0]).all()
    assert found.dtype == np.float32
    monkeypatch.setattr(matched_predictions, "_match_blocks", lambda *_: None)
    np.testing.assert_array_equal(match_probabilities(path, *wanted), found)


def test_columns_are_in_the_order_of_the_classes(path: Path) -> None:
    table = make_table(12)
    table[["p_11", "cell_id", "p_2", "image_id", *(f"p_{n}" for n in (0, 1, *range(3, 11)))]].to_parquet(path)
    found = match_probabilities(path, CodedTexts.of("b"), np.array([1]))
    np.testing.assert_allclose(found[0], 0.1 + 0.05 * np.arange(12), rtol=1e-6)


def test_none_of_the_cells(path: Path) -> None:
    make_table().to_parquet(path)
    with pytest.raises(InputError, match="none of the cells to train on"):
        match_probabilities(path, CodedTexts.of("za"), np.array([1, 9]))


def test_what_is_wrong_is_told(path: Path) -> None:
    wanted = CodedTexts.of("b"), np.array([1])
    with pytest.raises(InputError, match="no such file"):
        match_probabilities(path, *wanted)
    table = make_table()
    table.iloc[[0, 1, 2, 1]].to_parquet(path)
    with pytest.raises(InputError, match="image a, cell 2: a second row"):
        match_probabilities(path, *wanted)
    table.assign(p_1=[0.5, 1.5, np.nan]).to_parquet(path)
    with pytest.raises(InputError, match=r"image a, cell 2: p_1 = 1\.5"):
        match_probabilities(path, *wanted)
    table.drop(columns="cell_id").to_parquet(path)
    with pytest.raises(InputError, match="no column cell_id"):
        match_probabilities(path, *wanted)


def test_cell_numbers_of_another_type(path: Path) -> None:
    make_table().assign(cell_id=[1.0, 2.0, 1.0]).to_parquet(path)
    found = match_probabilities(path, CodedTexts.of("b"), np.array([1]))
    np.testing.assert_allclose(found, [[0.1, 0.15]], rtol=1e-6)
