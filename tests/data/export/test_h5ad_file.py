from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.export.h5ad_file import (
    StoredTable,
    create_array,
    create_h5ad,
    write_array,
    write_mapping,
    write_strings,
    write_table,
)

pytest.importorskip("h5py")


@pytest.fixture
def anndata() -> Any:
    return pytest.importorskip("anndata")


def test_anndata_reads_what_was_written(anndata: Any, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "class": pd.Categorical(["b", None, "a"], categories=["a", "b", "c"]),
            "level": pd.Categorical([2, 1, 2], ordered=True),
            "flag": [True, False, True],
            "size": np.array([1.5, np.nan, 3], np.float32),
            "number": np.array([1, 2, 3], np.int32),
            "empty": pd.Categorical([None, None, None], categories=[]),
        }
    )
    with create_h5ad(tmp_path / "a.h5ad") as file:
        matrix = create_array(file, "X", (3, 2))
        matrix[1:] = np.arange(4).reshape(2, 2)
        write_table(file, "obs", table, ["x", "Zelle ä", "=1"])
        write_table(file, "var", pd.DataFrame(index=range(2)), ["u", "v"])
        write_array(file["obsm"], "X_plane", np.ones((3, 2)))
        inner = {"text": "", "number": 3, "part": 0.5, "names": ["a", ""], "none": [], "array": np.arange(3)}
        write_mapping(file["uns"], "facts", {"inner": inner})
    cells = anndata.read_h5ad(tmp_path / "a.h5ad")
    np.testing.assert_array_equal(cells.X, [[np.nan, np.nan], [0, 1], [2, 3]])
    assert cells.obs_names.tolist() == ["x", "Zelle ä", "=1"]
    assert cells.var_names.tolist() == ["u", "v"]
    assert cells.obs["class"].cat.categories.tolist() == ["a", "b", "c"]
    assert cells.obs["class"].isna().tolist() == [False, True, False]
    assert cells.obs["class"].tolist()[::2] == ["b", "a"]
    assert cells.obs["level"].cat.ordered
    assert cells.obs["empty"].isna().all()
    assert (cells.obs["flag"].dtype, cells.obs["size"].dtype, cells.obs["number"].dtype) == (bool, "f4", "i4")
    np.testing.assert_array_equal(cells.obs["size"], table["size"])
    found = cells.uns["facts"]["inner"]
    assert (found["text"], found["number"], found["part"]) == ("", 3, 0.5)
    assert (found["names"].tolist(), found["none"].tolist(), found["array"].tolist()) == (
        ["a", ""],
        [],
        [0, 1, 2],
    )


def test_a_table_is_written_part_by_part(anndata: Any, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "class": pd.Categorical(["b", None, "a", "c"], categories=["c", "b", "a"]),
            "level": pd.Categorical([2, 1, 2, 1], ordered=True),
            "flag": [True, False, True, True],
            "size": np.array([1.5, np.nan, 3, 4], np.float32),
        }
    )
    names = ["x", "y", "z", "ä"]
    with create_h5ad(tmp_path / "a.h5ad") as file:
        create_array(file, "X", (4, 1))
        write_table(file, "obs", table, names)
        write_table(file, "var", pd.DataFrame(index=range(1)), ["u"])
        stored = StoredTable(file["uns"], "table", table.iloc[:0], 4)
        # Each part has categories of its own, and they do not come in order.
        for start, stop in ((3, 4), (0, 0), (0, 3)):
            part = table.iloc[start:stop].reset_index(drop=True)
            part["class"] = part["class"].cat.remove_unused_categories()
            stored.write(start, part, names[start:stop])
        with pytest.raises(ValueError, match="column class has categories that its template lacks"):
            stored.write(0, table.iloc[:1].assign(**{"class": pd.Categorical(["d"])}), ["x"])
    cells = anndata.read_h5ad(tmp_path / "a.h5ad")
    pd.testing.assert_frame_equal(cells.uns["table"], cells.obs)
    assert cells.obs["class"].fillna("c").tolist() == ["b", "c", "a", "c"]


def test_many_strings_are_written_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.export.h5ad_file._STRINGS_AT_A_TIME", 3)
    names = [f"cell {number}" for number in range(8)]
    with create_h5ad(tmp_path / "a.h5ad") as file:
        write_strings(file, "names", names)
        assert [text.decode() for text in file["names"][:]] == names


def test_texts_that_are_no_categories_are_refused(tmp_path: Path) -> None:
    with create_h5ad(tmp_path / "a.h5ad") as file, pytest.raises(ValueError, match="column name of"):
        write_table(file, "obs", pd.DataFrame({"name": ["a", "b"]}), ["x", "y"])
