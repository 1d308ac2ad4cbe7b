"""Cells tables of made-up cells."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from data.cells.cells_table import COLUMN_TYPES


def make_cells_table(image_ids: Sequence[str], **columns: Any) -> pd.DataFrame:
    """Make a cells table with all columns, one row per cell.

    Parameters
    ----------
    image_ids
        The image of each cell; the cells of an image are numbered from 1, and each image is a group of its
        own.
    columns
        Columns that are not to be empty (text) or 0 (numbers): a value each, or one for all cells.
    """
    text = [name for name, kind in COLUMN_TYPES.items() if kind == "str"]
    table = pd.DataFrame(0, index=range(len(image_ids)), columns=list(COLUMN_TYPES))
    table[text] = ""
    table["image_id"] = table["group"] = list(image_ids)
    table["cell_id"] = table.groupby("image_id").cumcount() + 1
    for name, values in columns.items():
        table[name] = values
    return table.astype(COLUMN_TYPES)
