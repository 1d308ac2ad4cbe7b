from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import InputError
from data.fields.images_table import write_images
from data.fields.shard import find_shard_number
from data.tables.parquet_rows import ParquetRows
from stages.merge.order import Run, order_cells, order_rows, take_runs

COUNT = 3
IDS = [f"field {number:02d}" for number in range(20)]
CELLS = {image_id: number % 4 for number, image_id in enumerate(IDS)}
"""Cells of each field; some have none."""


def of_shard(number: int) -> list[str]:
    return [image_id for image_id in IDS if find_shard_number(image_id, COUNT) == number]


@pytest.fixture
def tables(tmp_path: Path) -> list[Path]:
    paths = []
    for number in range(COUNT):
        rows = [(image_id, cell) for image_id in of_shard(number) for cell in range(CELLS[image_id])]
        paths.append(tmp_path / f"{number}.parquet")
        names, cells = ([row[place] for row in rows] for place in (0, 1))
        table = pa.table({"image_id": pa.array(names, pa.string()), "cell_id": pa.array(cells, pa.int32())})
        pq.write_table(table, paths[-1], row_group_size=3)
    return paths


def test_rows_are_taken_in_the_order_of_the_fields(tables: list[Path]) -> None:
    runs = order_rows(tables, IDS)
    assert runs == [Run(find_shard_number(name, COUNT), CELLS[name]) for name in IDS if CELLS[name]]
    joined = pa.concat_tables(take_runs([ParquetRows(path) for path in tables], runs)).to_pylist()
    assert joined == [{"image_id": name, "cell_id": cell} for name in IDS for cell in range(CELLS[name])]


def test_the_images_tables_give_the_same_order(tables: list[Path], tmp_path: Path) -> None:
    paths = []
    for number in range(COUNT):
        names = of_shard(number)
        paths.append(tmp_path / f"images-{number}.parquet")
        columns = {"image_id": names, "image_height": 1, "image_width": 1, "cells": [CELLS[n] for n in names]}
        write_images(paths[-1], pd.DataFrame(columns, index=range(len(names))))
    assert order_cells(paths, IDS) == order_rows(tables, IDS)


def test_rows_of_other_fields_are_refused(tables: list[Path]) -> None:
    left_out = next(name for name in IDS if CELLS[name])
    runs = order_rows(tables, [name for name in IDS if name != left_out])
    with pytest.raises(InputError, match=f"shard {find_shard_number(left_out, COUNT)}/3: .* rows where its"):
        list(take_runs([ParquetRows(path) for path in tables], runs))


def test_a_field_in_two_places_is_refused(tables: list[Path]) -> None:
    with pytest.raises(InputError, match="in several places"):
        order_rows([tables[0], tables[0], tables[2]], IDS)
