"""The images table, ``images.parquet``: a row a segmented field, also where no cell was found."""

from os import PathLike
from pathlib import Path

import pandas as pd

from data.atomic import atomic_write
from data.errors import InputError

COLUMN_TYPES = {"image_id": "str", "image_height": "int32", "image_width": "int32", "cells": "int32"}
"""Columns of the table and their types, in order."""


def write_images(path: Path, table: pd.DataFrame) -> None:
    """Write an images table as Parquet."""
    with atomic_write(path) as temporary:
        table[list(COLUMN_TYPES)].astype(COLUMN_TYPES).to_parquet(temporary, index=False)


def read_images(path: str | PathLike[str]) -> pd.DataFrame:
    """Read an images table.

    Raises
    ------
    InputError
        The file is missing or is no images table.
    """
    try:
        return pd.read_parquet(path, columns=list(COLUMN_TYPES))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            found=f"not an images table ({type(error).__name__})",
            where=path,
            expected="what `hpacells segment` writes",
            advice="run `hpacells segment` first",
        ) from None
