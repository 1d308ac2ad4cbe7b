"""The predictions table, ``predictions.parquet``: one row per cell, with probabilities and embedding."""

import json
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.label_file import CLASS_NAMES, NUM_CLASSES
from data.predictions.prediction_rows import (
    CALIBRATIONS_KEY,
    CLASS_NAMES_KEY,
    GROUP_ROWS,
    IMAGE_WEIGHT_KEY,
    PredictionRows,
    write_prediction_rows,
)

PROBABILITY_COLUMNS = tuple(f"p_{label}" for label in range(NUM_CLASSES))
"""Columns of the class probabilities of the default label set, class 0 first."""

_CELL = ("image_id", "cell_id")
_EXPECTED = "the columns image_id, cell_id, p_0, p_1 and so on"


def write_predictions(
    path: Path,
    image_id: Sequence[str],
    cell_id: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    embedding: NDArray[np.floating] | None = None,
    class_names: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    image_weight: float | None = None,
    calibrations: Sequence[str] | None = None,
) -> None:
    """Write a predictions table as Parquet (zstd).

    Parameters
    ----------
    path
        The file.
    image_id, cell_id
        (N,) which cell a row is of.
    probabilities
        (N, classes), 0..1.
    embedding
        (N, D) features of the cells, float32 or float16; or None.
    class_names
        Names of the classes, which are kept with the table; None for those of the default label set, where
        it has as many.
    labels
        (N,) numbers of the called classes, joined by ``|`` as in a label file, or None.
    image_weight
        The weight that the mean of a cell's image has in its probabilities, which is kept with the table;
        None where it is not known.
    calibrations
        By what each classifier's probabilities were calibrated: temperature, isotonic or none, which is kept
        with the table; None where it is not known.

    Raises
    ------
    ValueError
        The arrays differ in length, or there are not as many probabilities a cell as class names.
    InputError
        A probability is not a number.
    """
    names = CLASS_NAMES if class_names is None else tuple(class_names)
    rows = len(image_id)
    if len(cell_id) != rows or probabilities.shape != (rows, len(names)):
        message = f"{rows} image IDs, {len(cell_id)} cell IDs, probabilities of shape {probabilities.shape}"
        raise ValueError(message)
    for name, values in (("labels", labels), ("embeddings", embedding)):
        if values is not None and len(values) != rows:
            message = f"{rows} image IDs, {len(values)} {name}"
            raise ValueError(message)

    def take(part: slice) -> PredictionRows:
        own = None if embedding is None else embedding[part]
        called = None if labels is None else labels[part]
        return PredictionRows(image_id[part], cell_id[part], probabilities[part], own, called)

    parts = (take(slice(start, start + GROUP_ROWS)) for start in range(0, max(rows, 1), GROUP_ROWS))
    write_prediction_rows(path, parts, names, image_weight=image_weight, calibrations=calibrations)


def tabulate_predictions(
    image_id: Sequence[str],
    cell_id: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    embedding: NDArray[np.floating] | None = None,
    labels: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the table that `read_predictions` reads from a file of these predictions.

    The parameters are those of `write_predictions`.
    """
    return PredictionRows(image_id, cell_id, probabilities, embedding, labels).arrange().to_pandas()


def read_predictions(path: str | PathLike[str], *, embedding: bool = True) -> pd.DataFrame:
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
        ``image_id``, ``cell_id`` (int32), ``p_0``, ``p_1`` and so on (float32; ``probability_columns``)
        and, where the file has them, ``labels`` (str) and ``embedding`` (a float32 array a cell).

    Raises
    ------
    InputError
        The file is missing or no predictions table, a probability lies outside 0..1, or a cell stands twice.
    """
    try:
        with pq.ParquetFile(path) as file:
            present = file.schema_arrow.names
            needed = [*_CELL, *(probability_columns(present) or ["p_0"])]
            optional = ["labels", *(["embedding"] if embedding else [])]
            wanted = [*needed, *(name for name in optional if name in present)]
            missing = [name for name in needed if name not in present]
            table = None if missing else file.read(wanted).to_pandas()
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, ValueError) as error:
        raise _not_predictions(path, error) from None
    if table is None:
        raise InputError(found=f"no column {', '.join(missing)}", where=path, expected=_EXPECTED)
    if "embedding" in table and len(table) and table["embedding"].iloc[0].dtype != np.float32:
        table["embedding"] = [row.astype(np.float32) for row in table["embedding"]]
    _check(table, path)
    return table


def probability_columns(columns: Iterable[str]) -> list[str]:
    """List the columns ``p_0``, ``p_1`` and so on, up to the highest number among some columns, gaps too."""
    numbers = [int(name[2:]) for name in columns if name.startswith("p_") and name[2:].isdecimal()]
    return [f"p_{label}" for label in range(max(numbers, default=-1) + 1)]


def read_class_names(path: str | PathLike[str]) -> tuple[str, ...]:
    """Read the names of the classes of a predictions table that ``read_predictions`` reads.

    A table that tells none has those of the default label set, or numbers where it has more or fewer columns.

    Raises
    ------
    InputError
        The file is missing or not a predictions table, or has more or fewer names than probabilities.
    """
    schema = _read_schema(path)
    told = (schema.metadata or {}).get(CLASS_NAMES_KEY)
    count = len(probability_columns(schema.names))
    if told is None:
        return CLASS_NAMES if count == NUM_CLASSES else tuple(f"class {label}" for label in range(count))
    names = tuple(map(str, json.loads(told)))
    if len(names) != count:
        raise InputError(
            found=f"names of {len(names)} classes",
            where=path,
            expected=f"{count}, one a column p_0, p_1 ...",
            advice="run `hpacells predict` again",
        )
    return names


def read_image_weight(path: str | PathLike[str]) -> float | None:
    """Read the weight that the mean of a cell's image has in the probabilities of a predictions table.

    None where the table does not tell it, as those of other programs and earlier versions.

    Raises
    ------
    InputError
        The file is missing or not a predictions table.
    """
    told = (_read_schema(path).metadata or {}).get(IMAGE_WEIGHT_KEY)
    return None if told is None else float(json.loads(told))


def read_calibrations(path: str | PathLike[str]) -> tuple[str, ...] | None:
    """Read by what each classifier's probabilities in a predictions table were calibrated; None if unknown.

    Raises
    ------
    InputError
        The file is missing or not a predictions table.
    """
    told = (_read_schema(path).metadata or {}).get(CALIBRATIONS_KEY)
    return None if told is None else tuple(map(str, json.loads(told)))


def _read_schema(path: str | PathLike[str]) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, ValueError) as error:
        raise _not_predictions(path, error) from None


def _missing(path: str | PathLike[str]) -> InputError:
    return InputError(
        found="no such file",
        where=path,
        expected="a predictions table",
        advice="run `hpacells predict` first",
    )


def _not_predictions(path: str | PathLike[str], error: Exception) -> InputError:
    return InputError(found=f"not a predictions table ({error})", where=path, expected=_EXPECTED)


def _check(table: pd.DataFrame, path: str | PathLike[str]) -> None:
    probabilities = table[probability_columns(table.columns)].to_numpy()
    # Written so that NaN is caught, too.
    wrong = np.argwhere(~((probabilities >= 0) & (probabilities <= 1)))
    if len(wrong):
        row, label = wrong[0].tolist()
        found = f"p_{label} = {probabilities[row, label]}"
        raise InputError(found=found, where=_name(table, row, path), expected="0..1")
    twice = np.flatnonzero(table.duplicated(["image_id", "cell_id"]))
    if len(twice):
        where = _name(table, int(twice[0]), path)
        raise InputError(found="a second row", where=where, expected="one row per cell")


def _name(table: pd.DataFrame, row: int, path: str | PathLike[str]) -> str:
    return f"{path}, image {table['image_id'].iloc[row]}, cell {table['cell_id'].iloc[row]}"
