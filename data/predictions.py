"""The predictions table, ``predictions.parquet``: a row a cell, with class probabilities and embedding."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.atomic import atomic_write
from data.errors import InputError
from data.labels import NUM_CLASSES

PROBABILITY_COLUMNS = tuple(f"p_{label}" for label in range(NUM_CLASSES))
"""Columns of the class probabilities, class 0 first."""

_COLUMNS = ("image_id", "cell_id", *PROBABILITY_COLUMNS)
_EXPECTED = "the columns image_id, cell_id, p_0 .. p_18"


def write_predictions(
    path: Path,
    image_id: Sequence[str],
    cell_id: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    embedding: NDArray[np.floating] | None = None,
) -> None:
    """Write a predictions table as Parquet (zstd).

    Parameters
    ----------
    path
        The file.
    image_id, cell_id
        (N,) which cell a row is of.
    probabilities
        (N, 19), 0..1.
    embedding
        (N, D) features of the cells, or None.

    Raises
    ------
    ValueError
        The arrays differ in length, or there are not 19 probabilities a cell.
    """
    rows = len(image_id)
    if len(cell_id) != rows or probabilities.shape != (rows, NUM_CLASSES):
        message = f"{rows} image IDs, {len(cell_id)} cell IDs, probabilities of shape {probabilities.shape}"
        raise ValueError(message)
    columns: dict[str, pa.Array] = {
        "image_id": pa.array(list(image_id), pa.string()),
        "cell_id": pa.array(np.asarray(cell_id, np.int32)),
    }
    for name, values in zip(PROBABILITY_COLUMNS, probabilities.T, strict=True):
        columns[name] = pa.array(np.ascontiguousarray(values, np.float32))
    if embedding is not None:
        if len(embedding) != rows:
            message = f"{rows} image IDs, {len(embedding)} embeddings"
            raise ValueError(message)
        values = pa.array(np.ascontiguousarray(embedding, np.float32).ravel())
        columns["embedding"] = pa.FixedSizeListArray.from_arrays(values, embedding.shape[1])
    with atomic_write(path) as temporary:
        pq.write_table(pa.table(columns), temporary, compression="zstd")


def read_predictions(path: Path, *, embedding: bool = True) -> pd.DataFrame:
    """Read a predictions table.

    Parameters
    ----------
    path
        The file.
    embedding
        Whether to read the column ``embedding``, too, where the file has it.

    Returns
    -------
    DataFrame
        ``image_id``, ``cell_id`` (int32), ``p_0`` .. ``p_18`` (float32) and, where the file has it,
        ``embedding`` (a float32 array a cell).

    Raises
    ------
    InputError
        The file is missing or no predictions table, a probability lies outside 0..1, or a cell stands twice.
    """
    try:
        with pq.ParquetFile(path) as file:
            present = file.schema_arrow.names
            wanted = [*_COLUMNS, *(["embedding"] if embedding and "embedding" in present else [])]
            missing = [name for name in _COLUMNS if name not in present]
            table = None if missing else file.read(wanted).to_pandas()
    except FileNotFoundError:
        raise InputError(
            found="no such file",
            where=path,
            expected="a predictions table",
            advice="run `hpacells predict` first",
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(found=f"no predictions table ({error})", where=path, expected=_EXPECTED) from None
    if table is None:
        raise InputError(found=f"no column {', '.join(missing)}", where=path, expected=_EXPECTED)
    _check(table, path)
    return table


def _check(table: pd.DataFrame, path: Path) -> None:
    probabilities = table[list(PROBABILITY_COLUMNS)].to_numpy()
    # Written so that NaN is caught, too.
    wrong = np.argwhere(~((probabilities >= 0) & (probabilities <= 1)))
    if len(wrong):
        row, label = wrong[0].tolist()
        raise InputError(
            found=f"p_{label} = {probabilities[row, label]}", where=_name(table, row, path), expected="0..1"
        )
    twice = np.flatnonzero(table.duplicated(["image_id", "cell_id"]))
    if len(twice):
        raise InputError(
            found="a second row", where=_name(table, int(twice[0]), path), expected="one row a cell"
        )


def _name(table: pd.DataFrame, row: int, path: Path) -> str:
    return f"{path}, image {table['image_id'].iloc[row]}, cell {table['cell_id'].iloc[row]}"
