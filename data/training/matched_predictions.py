"""What a predictions table says of some cells, in whatever order they are, read some rows at a time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import InputError
from data.predictions.predictions_table import probability_columns, read_predictions
from data.tables.coded_texts import CodedTexts, as_texts, find_texts
from data.tables.parquet_rows import ParquetRows

_CELL = ["image_id", "cell_id"]

_BLOCK_ROWS = 2**17
"""Rows that are looked up at once: the images are numbered anew for each block."""


def match_probabilities(
    path: Path, image_ids: CodedTexts, cell_ids: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Find the probabilities of some cells in a predictions table, (n, classes); NaN for cells it lacks.

    Raises
    ------
    InputError
        The file is missing or no predictions table, or the table has none of the cells.
    """
    found = _match_blocks(path, image_ids, cell_ids)
    if found is None:
        # What is wrong is told of the table as a whole, which may be of other types only.
        table = read_predictions(path, embedding=False).set_index(_CELL)
        wanted = pd.MultiIndex.from_arrays([image_ids.tolist(), cell_ids])
        found = table[probability_columns(table.columns)].reindex(wanted).to_numpy(np.float32)
    if np.isnan(found).all():
        raise InputError(
            found="none of the cells to train on",
            where="the out-of-fold predictions",
            expected="predictions of the same cells",
            advice="train all folds again, then give the labels oof",
        )
    return found


def _match_blocks(
    path: Path, image_ids: CodedTexts, cell_ids: NDArray[np.integer]
) -> NDArray[np.float32] | None:
    """Match the rows of a table some at a time; None where it is not as it should be."""
    keys = image_ids.codes.astype(np.int64) << 32 | cell_ids.astype(np.int64)
    order = np.argsort(keys)
    keys = keys[order]
    try:
        columns = probability_columns(pq.read_schema(path).names)
        stored = ParquetRows(path, _BLOCK_ROWS, [*_CELL, *columns])
        found, rows = np.full((len(keys), len(columns)), np.nan, np.float32), [np.empty(0, np.uint64)]
        for start in range(0, stored.rows, _BLOCK_ROWS):
            table = stored.take(min(_BLOCK_ROWS, stored.rows - start)).combine_chunks()
            probabilities = table.select(columns).to_pandas().to_numpy()
            # Written so that NaN is caught, too.
            if not ((probabilities >= 0) & (probabilities <= 1)).all():
                return None
            images, numbers = _read_cells(table)
            named = pd.util.hash_array(np.array(images.texts.to_pylist(), object), categorize=False)
            rows.append(named[images.codes] ^ pd.util.hash_array(numbers))
            known = find_texts(images.texts, image_ids.texts)[images.codes].astype(np.int64)
            key = known << 32 | numbers
            place = np.searchsorted(keys, key).clip(max=len(keys) - 1)
            is_here = (keys[place] == key) & (known >= 0)
            found[order[place[is_here]]] = probabilities[is_here]
    except (OSError, ValueError, TypeError, KeyError, pa.ArrowException):
        return None
    hashes = np.sort(np.concatenate(rows))
    return None if not columns or (hashes[1:] == hashes[:-1]).any() else found


def _read_cells(table: pa.Table) -> tuple[CodedTexts, NDArray[np.int64]]:
    """Return image and number of the cells of a table.

    Raises
    ------
    TypeError
        Their types are others than those of `hpacells predict`.
    """
    numbers = table["cell_id"]
    if not pa.types.is_integer(numbers.type) or numbers.null_count or table["image_id"].null_count:
        message = f"cell numbers of the type {numbers.type}"
        raise TypeError(message)
    cells = numbers.to_numpy().astype(np.int64)
    if len(cells) and (cells.min() < 0 or cells.max() >= 2**32):
        message = "numbers of cells that are too large"
        raise TypeError(message)
    return CodedTexts.encode(map(as_texts, table["image_id"].chunks)), cells
