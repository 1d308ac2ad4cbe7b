from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_of_images import read_cells_of_images
from data.cells.cells_table import read_cells, write_cells
from data.errors import InputError
from data.fields.duplicates.near_duplicates import pack_hashes
from data.training import training_cells
from data.training.training_cells import read_training_cells
from tests.factories.cells_table import make_cells_table

IMAGES = ["b", "a", "é", "b", "a", "Z"]
HASHES = {"a": "0f" * 32, "b": "", "é": "f" * 64, "Z": "0" * 63 + "1"}
GROUPS = {"a": "m", "b": "", "é": "m", "Z": "n"}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(training_cells, "_BATCH_ROWS", 2)
    return tmp_path / "cells.parquet"


def test_cells_and_their_images(path: Path) -> None:
    table = make_cells_table(IMAGES)
    table["image_hash"], table["group"] = table["image_id"].map(HASHES), table["image_id"].map(GROUPS)
    table.loc[2, "dropped"] = "too dark"
    write_cells(path, table)
    cells = read_training_cells(path)
    assert cells.image_ids.tolist() == IMAGES
    assert cells.cell_ids.tolist() == table["cell_id"].tolist()
    assert cells.kept.tolist() == [True, True, False, True, True, True]
    names = sorted(set(IMAGES))
    assert cells.image_ids.texts.to_pylist() == names == ["Z", "a", "b", "é"]
    np.testing.assert_array_equal(cells.hashes, pack_hashes([HASHES[name] for name in names]))
    groups = cells.groups.tolist()
    assert groups[2] == -1
    assert groups[1] == groups[3] >= 0
    assert groups[0] not in (-1, groups[1])


def test_a_table_of_an_early_version(path: Path) -> None:
    make_cells_table(["b", "a"]).drop(columns=["group", "image_hash"]).to_parquet(path)
    cells = read_training_cells(path)
    assert cells.groups.tolist() == [-1, -1]
    assert not cells.hashes.any()


def test_no_cell(path: Path) -> None:
    write_cells(path, make_cells_table([]))
    cells = read_training_cells(path)
    assert len(cells.image_ids) == len(cells.kept) == len(cells.groups) == len(cells.hashes) == 0


def test_no_cells_table(path: Path, tmp_path: Path) -> None:
    pd.DataFrame({"image_id": ["a"]}).to_parquet(path)
    with pytest.raises(InputError, match="not a cells table"):
        read_training_cells(path)
    with pytest.raises(InputError, match="no such file"):
        read_training_cells(tmp_path / "none.parquet")


def test_cells_of_some_images(path: Path) -> None:
    columns = ["image_id", "cell_id", "area_px"]
    write_cells(path, make_cells_table(IMAGES))
    found = read_cells_of_images(path, columns, {"a", "é", "x"})
    whole = read_cells(path, columns)
    expected = whole[whole["image_id"].isin(["a", "é"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)
    assert read_cells_of_images(path, columns, set()).columns.tolist() == columns
