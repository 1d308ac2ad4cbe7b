from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.cells.cells_table import write_cells
from data.cells.image_parts import read_image_parts
from tests.factories.cells_table import make_cells_table


@pytest.mark.parametrize("rows", [1, 3, 7, 1000])
def test_parts_have_all_cells_of_their_images(tmp_path: Path, rows: int) -> None:
    sizes = np.random.default_rng(0).integers(1, 9, 20)
    ids = np.repeat([f"image {number}" for number in np.random.default_rng(1).permutation(20)], sizes)
    table, path = make_cells_table(ids.tolist(), area_px=np.arange(len(ids))), tmp_path / "cells.parquet"
    write_cells(path, table)
    columns = ["image_id", "area_px"]
    parts = list(read_image_parts(path, columns, rows))
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), table[columns])
    images = [image_id for part in parts for image_id in part["image_id"].unique()]
    assert len(images) == len(set(images)) == 20
    # So many rows, and what completes the last image.
    assert max(len(part) for part in parts) <= rows + 8


def test_columns_that_earlier_versions_lack(tmp_path: Path) -> None:
    path = tmp_path / "cells.parquet"
    make_cells_table(["b", "b", "a"]).drop(columns=["group", "image_hash"]).to_parquet(path)
    table = pd.concat(read_image_parts(path, ["group", "image_id", "image_hash"]))
    assert table.to_numpy().tolist() == [["b", "b", ""], ["b", "b", ""], ["a", "a", ""]]
