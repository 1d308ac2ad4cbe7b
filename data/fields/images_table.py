"""The images table, ``images.parquet``: one row per segmented field, also where no cell was found."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import pandas as pd
import pyarrow as pa

from data.errors import InputError
from data.tables.parquet_rows import write_row_groups

COLUMN_TYPES = {
    "image_id": "str",
    "image_height": "int32",
    "image_width": "int32",
    "cells": "int32",
    "pixel_size_um": "float64",
}
"""Columns of the table and their types, in order; the pixel size is NaN where nothing states it."""

_GROUP_ROWS = 2**20
"""Rows in a row group of the file: 40 MB."""

_ADDED = "pixel_size_um"
"""The column that tables of version 0.2 lack."""


def write_images(path: Path, table: pd.DataFrame) -> None:
    """Write an images table as Parquet; without pixel sizes they are NaN."""
    write_image_parts(path, [table])


def write_image_parts(path: Path, parts: Iterable[pd.DataFrame]) -> None:
    """Write an images table as `write_images` does, from some of its rows after the other."""
    tables = (_as_arrow(part) for part in parts)
    write_row_groups(
        path, tables, _GROUP_ROWS, lambda: _as_arrow(pd.DataFrame(columns=list(COLUMN_TYPES))), "snappy"
    )


def _as_arrow(table: pd.DataFrame) -> pa.Table:
    if _ADDED not in table:
        table = table.assign(**{_ADDED: float("nan")})
    return pa.Table.from_pandas(table[list(COLUMN_TYPES)].astype(COLUMN_TYPES), preserve_index=False)


def read_images(path: str | PathLike[str]) -> pd.DataFrame:
    """Read an images table.

    Raises
    ------
    InputError
        The file is missing or is no images table.
    """
    try:
        table = pd.read_parquet(path)
        if _ADDED not in table:
            table[_ADDED] = float("nan")
        return table[list(COLUMN_TYPES)]
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        missing = isinstance(error, FileNotFoundError)
        raise InputError(
            found="no such file" if missing else f"not an images table ({type(error).__name__})",
            where=path,
            expected="what `hpacells segment` writes",
            advice=f"run `hpacells segment` {'first' if missing else 'again'}",
        ) from None
