from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.predictions.predictions_table import write_predictions
from data.rules.image_mean import average_with_image_mean
from data.training.teacher_table import read_teacher
from tests.factories.cells_table import make_cells_table

CLASSES = ("One", "Two", "Three")
IMAGES = ["a", "a", "a", "b", "b", "c"]


@pytest.fixture
def cells() -> pd.DataFrame:
    table = make_cells_table(IMAGES)
    table.loc[1, "dropped"] = "too dark"
    return table


def write(path: Path, cells: pd.DataFrame, rows: list[int], said: np.ndarray, weight: float | None) -> Path:
    chosen = cells.iloc[rows]
    images = chosen["image_id"].to_numpy(str)
    mixed = average_with_image_mean(said, images, weight or 0, (chosen["dropped"] == "").to_numpy(bool))
    write_predictions(
        path,
        images.tolist(),
        chosen["cell_id"].to_numpy(),
        mixed,
        class_names=CLASSES,
        image_weight=weight,
    )
    return path


def test_each_cell_has_what_is_said_of_it_alone(cells: pd.DataFrame, tmp_path: Path) -> None:
    own = np.random.default_rng(1).dirichlet(np.ones(3), 6).astype(np.float32)
    unseen = np.random.default_rng(2).dirichlet(np.ones(3), 2).astype(np.float32)
    # With what is said of the dropped cell, in another order, and without image c.
    order = [4, 0, 1, 3, 2]
    said = write(tmp_path / "said.parquet", cells, order, own[order], 0.5)
    out_of_fold = write(tmp_path / "oof.parquet", cells, [3, 4], unseen, 0.25)
    found = read_teacher(cells, said, out_of_fold, CLASSES, 0.25)
    assert found.rows.tolist() == [0, 2, 3, 4]
    assert found.is_out_of_fold.tolist() == [False, False, True, True]
    assert (found.missing, found.image_weight) == (1, 0.5)
    np.testing.assert_allclose(found.probabilities[:2], own[[0, 2]], atol=1e-6)
    np.testing.assert_allclose(found.probabilities[2:], unseen, atol=1e-6)
    alone = read_teacher(cells, said, None, CLASSES)
    np.testing.assert_allclose(alone.probabilities, own[[0, 2, 3, 4]], atol=1e-6)
    assert not alone.is_out_of_fold.any()


def test_what_does_not_fit_is_refused(cells: pd.DataFrame, tmp_path: Path) -> None:
    own = np.full((6, 3), 1 / 3, np.float32)
    said = write(tmp_path / "said.parquet", cells, list(range(6)), own, 0.5)
    with pytest.raises(InputError, match=r"predictions of 3 classes, Three in one set only; expected the 3"):
        read_teacher(cells, said, None, ("One", "Two", "Four"))
    with pytest.raises(InputError, match="in another order"):
        read_teacher(cells, said, None, ("One", "Three", "Two"))
    untold = write(tmp_path / "untold.parquet", cells, list(range(6)), own, None)
    with pytest.raises(InputError, match="do not tell what part the mean of the image has"):
        read_teacher(cells, untold, None, CLASSES)
    others = make_cells_table(["x", "y"])
    with pytest.raises(InputError, match="predictions of none of the 2 kept cells"):
        read_teacher(others, said, None, CLASSES)
