from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pycocotools import mask as coco

from data.cells.cells_table import (
    COLUMN_TYPES,
    estimate_fraction_inside,
    measure_cells,
    read_cells,
    write_cells,
)
from data.errors import InputError
from data.masks.rle import decode_mask


@pytest.fixture
def label_images() -> tuple[np.ndarray, np.ndarray]:
    cells = np.zeros((60, 80), np.uint16)
    cells[5:25, 10:40] = 1
    cells[30:60, 50:70] = 2
    cells[40:45, 5:9] = 3
    nuclei = np.zeros_like(cells)
    nuclei[10:15, 15:25] = 1
    nuclei[50:60, 55:60] = 2
    nuclei[41:43, 6:8] = 3
    return nuclei, cells


def test_measures_every_cell(label_images: tuple[np.ndarray, np.ndarray]) -> None:
    nuclei, cells = label_images
    table = measure_cells("a", nuclei, cells)
    assert table.columns.tolist() == list(COLUMN_TYPES)
    assert table["cell_id"].tolist() == [1, 2, 3]
    assert table[["y0", "x0", "y1", "x1"]].to_numpy().tolist() == [
        [5, 10, 25, 40],
        [30, 50, 60, 70],
        [40, 5, 45, 9],
    ]
    assert table["area_px"].tolist() == [600, 600, 20]
    assert table["nucleus_area_px"].tolist() == [50, 50, 4]
    assert table["touches_border"].tolist() == [False, True, False]
    assert set(table["image_height"]) == {60}
    assert set(table["image_width"]) == {80}
    for cell_id, rle in zip(table["cell_id"], table["rle"], strict=True):
        assert np.array_equal(decode_mask(rle, 60, 80), cells == cell_id)
    box = coco.toBbox(coco.encode(np.asfortranarray(cells == 2).astype(np.uint8)))
    assert box.tolist() == [50, 30, 20, 30]


def test_a_field_without_cells_gives_an_empty_table_of_the_same_types() -> None:
    empty = np.zeros((5, 6), np.uint16)
    table = measure_cells("a", empty, empty)
    assert len(table) == 0
    filled = measure_cells("a", empty + 1, empty + 1)
    assert table.dtypes.tolist() == filled.dtypes.tolist()


def test_fraction_inside() -> None:
    areas = np.array([100, 120, 80, 50, 300])
    nuclei = np.array([20, 20, 20, 5, 40])
    border = np.array([False, False, False, True, True])
    fractions = estimate_fraction_inside(areas, nuclei, border)
    assert fractions.tolist() == pytest.approx([1, 1, 1, (0.5 + 0.25) / 2, 1])


def test_fraction_inside_where_no_cell_is_whole() -> None:
    fractions = estimate_fraction_inside(np.array([100, 50]), np.array([10, 5]), np.array([True, True]))
    assert fractions[1] < fractions[0] <= 1


def test_fraction_inside_of_none() -> None:
    none = np.array([], np.int64)
    assert estimate_fraction_inside(none, none, none.astype(bool)).tolist() == []


def test_round_trip(tmp_path: Path, label_images: tuple[np.ndarray, np.ndarray]) -> None:
    table = measure_cells("a", *label_images)
    write_cells(tmp_path / "cells.parquet", table)
    pd.testing.assert_frame_equal(read_cells(tmp_path / "cells.parquet"), table)
    assert read_cells(tmp_path / "cells.parquet", ["cell_id"]).columns.tolist() == ["cell_id"]


def test_a_table_without_groups_and_hashes(
    tmp_path: Path, label_images: tuple[np.ndarray, np.ndarray]
) -> None:
    table = measure_cells("a", *label_images)
    path = tmp_path / "cells.parquet"
    table.drop(columns=["group", "image_hash"]).to_parquet(path)
    pd.testing.assert_frame_equal(read_cells(path), table)
    assert read_cells(path, ["group"])["group"].tolist() == ["a"] * 3
    assert read_cells(path, ["cell_id", "image_hash"])["image_hash"].tolist() == [""] * 3


def test_bad_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run `hpacells segment` first"):
        read_cells(tmp_path / "cells.parquet")
    (tmp_path / "cells.parquet").write_bytes(b"half")
    with pytest.raises(InputError, match="not a cells table"):
        read_cells(tmp_path / "cells.parquet")


def test_the_cells_of_one_image(tmp_path: Path, label_images: tuple[np.ndarray, np.ndarray]) -> None:
    path = tmp_path / "cells.parquet"
    table = pd.concat([measure_cells(name, *label_images) for name in ("a", "b")], ignore_index=True)
    write_cells(path, table)
    expected = table[table["image_id"] == "b"].reset_index(drop=True)
    assert read_cells(path, image_id="b").equals(expected)
    assert read_cells(path, ["cell_id"], image_id="b").equals(expected[["cell_id"]])
    table.drop(columns=["group", "image_hash"]).to_parquet(path)
    assert read_cells(path, ["cell_id", "group"], image_id="b")["group"].tolist() == ["b"] * len(expected)
    assert read_cells(path, image_id="c").empty


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.int64()])
def test_the_cells_of_one_image_where_another_program_wrote_the_ids(
    tmp_path: Path, kind: pa.DataType
) -> None:
    path = tmp_path / "cells.parquet"
    labels = np.array([[1, 2]], np.uint16)
    write_cells(path, pd.concat([measure_cells(name, labels, labels) for name in ("1", "2")]))
    expected = read_cells(path, ["cell_id", "rle"]).iloc[:2]
    table = pq.read_table(path)
    pq.write_table(table.set_column(0, "image_id", table["image_id"].cast(kind)), path)
    assert read_cells(path, ["cell_id", "rle"], image_id="1").equals(expected)
    assert read_cells(path, ["cell_id"], image_id="3").empty


def test_numbers_with_gaps_are_refused(label_images) -> None:
    nuclei, cells = (np.where(labels == 2, 0, labels) for labels in label_images)
    with pytest.raises(InputError, match=r"label image of a: a highest number of 3, but no cell 2; .*1\.\.n"):
        measure_cells("a", nuclei, cells)
