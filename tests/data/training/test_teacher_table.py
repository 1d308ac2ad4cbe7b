from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.errors import InputError
from data.predictions import cell_blocks
from data.predictions.predictions_table import write_predictions
from data.rules.image_mean import average_with_image_mean
from data.tables.coded_texts import CodedTexts
from data.training import teacher_table
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


def keep(path: Path, cells: pd.DataFrame) -> Path:
    write_cells(path, cells)
    return path


def test_each_cell_has_what_is_said_of_it_alone(cells: pd.DataFrame, tmp_path: Path) -> None:
    own = np.random.default_rng(1).dirichlet(np.ones(3), 6).astype(np.float32)
    unseen = np.random.default_rng(2).dirichlet(np.ones(3), 2).astype(np.float32)
    # With what is said of the dropped cell, in another order, and without image c.
    order = [4, 0, 1, 3, 2]
    said = write(tmp_path / "said.parquet", cells, order, own[order], 0.5)
    out_of_fold = write(tmp_path / "oof.parquet", cells, [3, 4], unseen, 0.25)
    kept = keep(tmp_path / "cells.parquet", cells)
    found = read_teacher(kept, said, out_of_fold, CLASSES, 0.25)
    assert found.rows.tolist() == [0, 2, 3, 4]
    assert (found.image_ids.tolist(), found.cell_ids.tolist()) == (["a", "a", "b", "b"], [1, 3, 1, 2])
    assert (found.image_ids.texts.to_pylist(), found.groups.tolist()) == (["a", "b"], ["a", "b"])
    assert found.is_out_of_fold.tolist() == [False, False, True, True]
    assert (found.missing, found.image_weight) == (1, 0.5)
    np.testing.assert_allclose(found.probabilities[:2], own[[0, 2]], atol=1e-6)
    np.testing.assert_allclose(found.probabilities[2:], unseen, atol=1e-6)
    alone = read_teacher(kept, said, None, CLASSES)
    np.testing.assert_allclose(alone.probabilities, own[[0, 2, 3, 4]], atol=1e-6)
    assert not alone.is_out_of_fold.any()


def test_what_does_not_fit_is_refused(cells: pd.DataFrame, tmp_path: Path) -> None:
    kept = keep(tmp_path / "cells.parquet", cells)
    own = np.full((6, 3), 1 / 3, np.float32)
    said = write(tmp_path / "said.parquet", cells, list(range(6)), own, 0.5)
    with pytest.raises(InputError, match=r"predictions of 3 classes, Three in one set only; expected the 3"):
        read_teacher(kept, said, None, ("One", "Two", "Four"))
    with pytest.raises(InputError, match="in another order"):
        read_teacher(kept, said, None, ("One", "Three", "Two"))
    untold = write(tmp_path / "untold.parquet", cells, list(range(6)), own, None)
    with pytest.raises(InputError, match="do not tell what part the mean of the image has"):
        read_teacher(kept, untold, None, CLASSES)
    others = keep(tmp_path / "others.parquet", make_cells_table(["x", "y"]))
    with pytest.raises(InputError, match="predictions of none of the 2 kept cells"):
        read_teacher(others, said, None, CLASSES)


@pytest.mark.parametrize("out_of_fold_weight", [0.0, 0.25])
def test_tables_in_one_order_are_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out_of_fold_weight: float
) -> None:
    """And say the same as one in another order, which is read as a whole."""
    table = make_cells_table(np.repeat([f"image{number}" for number in range(9)], 3).tolist())
    table.loc[::4, "dropped"] = "too dark"
    own = np.random.default_rng(1).dirichlet(np.ones(3), len(table)).astype(np.float32)
    rows = [row for row in range(len(table)) if row != 10]
    said = write(tmp_path / "said.parquet", table, rows, own[rows], 0.5)
    seldom = rows[5:20:2]
    unseen = write(tmp_path / "oof.parquet", table, seldom, own[seldom] ** 2, out_of_fold_weight)
    kept = keep(tmp_path / "cells.parquet", table)
    monkeypatch.setattr(cell_blocks, "BLOCK_ROWS", 4)
    found = read_teacher(kept, said, unseen, CLASSES, out_of_fold_weight)
    mixed = np.random.default_rng(2).permutation(rows).tolist()
    write(said, table, mixed, own[mixed], 0.5)
    with monkeypatch.context() as patched:
        patched.setattr(teacher_table, "_read_whole", refuse)
        shuffled = read_teacher(kept, said, unseen, CLASSES, out_of_fold_weight)
    for name, values in vars(shuffled).items():
        np.testing.assert_array_equal(list_values(getattr(found, name)), list_values(values), err_msg=name)
    monkeypatch.setattr(teacher_table, "_read_parts", refuse)
    whole = read_teacher(kept, said, unseen, CLASSES, out_of_fold_weight)
    assert found.is_out_of_fold.any()
    assert not found.is_out_of_fold.all()
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(list_values(getattr(found, name)), list_values(values), err_msg=name)


def list_values(values: object) -> object:
    return values.tolist() if isinstance(values, CodedTexts) else values


def refuse(cells: Path, *_: object, **__: object) -> None:
    raise cell_blocks.OutOfStepError(found="another order", where=cells)
