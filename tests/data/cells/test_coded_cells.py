from pathlib import Path

import pandas as pd
import pytest

from data.cells import coded_cells
from data.cells.cells_table import read_cells, write_cells
from data.cells.coded_cells import read_coded_cells
from data.errors import InputError
from tests.factories.cells_table import make_cells_table

COLUMNS = ["image_id", "cell_id", "dropped", "group", "image_hash"]


@pytest.mark.parametrize("names", [["b", "a", "é", "b", "a"], []])
def test_the_columns_are_those_that_are_read_as_a_whole(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coded_cells, "_BATCH_ROWS", 2)
    path = tmp_path / "cells.parquet"
    write_cells(path, make_cells_table(names))
    found = read_coded_cells(path, COLUMNS)
    assert found.columns.tolist() == COLUMNS
    for name in COLUMNS:
        assert found[name].tolist() == read_cells(path)[name].tolist()
    assert found["image_id"].nunique() == len(set(names))


def test_a_table_of_a_version_without_groups(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    make_cells_table(["b", "a"]).drop(columns=["group", "image_hash"]).to_parquet(path)
    found = read_coded_cells(path, COLUMNS)
    assert found["group"].tolist() == ["b", "a"]
    assert found["image_hash"].tolist() == ["", ""]


def test_no_cells_table(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    pd.DataFrame({"image_id": ["a"]}).to_parquet(path)
    with pytest.raises(InputError, match="not a cells table"):
        read_coded_cells(path, COLUMNS)
    with pytest.raises(InputError, match="no such file"):
        read_coded_cells(tmp_path / "none.parquet", COLUMNS)
