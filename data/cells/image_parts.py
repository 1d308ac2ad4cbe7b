"""A cells table of which some columns are read, all cells of some images at a time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from data.cells.cells_table import add_new_columns
from data.tables.parquet_rows import read_batches

IMAGE_ROWS = 8192
"""Rows that are read at a time, but for those that complete the last image."""

ADDED = {"group", "image_hash"}
"""Columns that tables of earlier versions lack."""


def read_image_parts(path: Path, columns: list[str], rows: int = IMAGE_ROWS) -> Iterator[pd.DataFrame]:
    """Read the cells table in its order, some thousands of rows at a time that end with an image's last cell.

    Parameters
    ----------
    path
        The table, in which the cells of an image follow each other.
    columns
        Columns to read, ``image_id`` among them.
    rows
        Rows that are read at a time.
    """
    present = pq.read_schema(path).names
    stored = [name for name in columns if name in present or name not in ADDED]
    waiting: list[pd.DataFrame] = []
    for batch in read_batches(path, rows, stored):
        if not len(batch):
            continue
        part = add_new_columns(batch.to_pandas())[columns]
        ids = part["image_id"].to_numpy(object)
        others = np.flatnonzero(ids != ids[-1])
        if len(others) or (waiting and waiting[-1]["image_id"].iloc[-1] != ids[0]):
            end = int(others[-1]) + 1 if len(others) else 0
            yield pd.concat([*waiting, part.iloc[:end]], ignore_index=True)
            waiting, part = [], part.iloc[end:]
        waiting.append(part)
    if waiting:
        yield pd.concat(waiting, ignore_index=True)
