"""Rows of a predictions table, written some at a time, so that those of no large set are held in memory."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.errors import InputError
from data.tables.parquet_rows import write_row_groups

GROUP_ROWS = 4096
"""Rows in a row group of the file: 25 MB of the longest embeddings."""

CLASS_NAMES_KEY = b"class_names"
IMAGE_WEIGHT_KEY = b"image_weight"
CALIBRATIONS_KEY = b"calibrations"


@dataclass(frozen=True)
class PredictionRows:
    """Successive rows of a predictions table.

    Attributes
    ----------
    image_id, cell_id
        (n,) which cell a row is of.
    probabilities
        (n, classes), 0..1.
    embedding
        (n, D) features of the cells, float32 or float16, or None.
    labels
        (n,) numbers of the called classes, joined by ``|`` as in a label file, or None.
    """

    image_id: Sequence[str]
    cell_id: NDArray[np.integer]
    probabilities: NDArray[np.floating]
    embedding: NDArray[np.floating] | None = None
    labels: Sequence[str] | None = None

    def arrange(self) -> pa.Table:
        """Arrange the rows in the columns of the file.

        Raises
        ------
        ValueError
            They differ in length.
        """
        columns: dict[str, pa.Array] = {
            "image_id": pa.array(list(self.image_id), pa.string()),
            "cell_id": pa.array(np.asarray(self.cell_id, np.int32)),
        }
        for label, values in enumerate(self.probabilities.T):
            columns[f"p_{label}"] = pa.array(np.ascontiguousarray(values, np.float32))
        if self.labels is not None:
            columns["labels"] = pa.array(list(self.labels), pa.string())
        if self.embedding is not None:
            columns["embedding"] = self._arrange_embedding(self.embedding)
        return pa.table(columns)

    def _arrange_embedding(self, embedding: NDArray[np.floating]) -> pa.Array:
        number = np.float16 if embedding.dtype == np.float16 else np.float32
        values = pa.array(np.ascontiguousarray(embedding, number).ravel())
        # With the name that Parquet gives to the numbers of a list, so that what is read is written alike.
        kind = pa.list_(pa.field("element", values.type), embedding.shape[1])
        return pa.FixedSizeListArray.from_arrays(values, type=kind)


def write_prediction_rows(
    path: Path,
    parts: Iterable[PredictionRows],
    class_names: Sequence[str],
    *,
    image_weight: float | None = None,
    calibrations: Sequence[str] | None = None,
) -> None:
    """Write a predictions table as Parquet (zstd); equal rows make equal files, however they are divided.

    Parameters
    ----------
    path
        The file.
    parts
        The rows, all with or all without embeddings and labels; without any, the table has labels.
    class_names
        Names of the classes, which are kept with the table.
    image_weight, calibrations
        As of ``data.predictions.predictions_table.write_predictions``.

    Raises
    ------
    InputError
        A probability is not a number.
    """
    metadata = {CLASS_NAMES_KEY: json.dumps(tuple(class_names))}
    if image_weight is not None:
        metadata[IMAGE_WEIGHT_KEY] = json.dumps(image_weight)
    if calibrations is not None:
        metadata[CALIBRATIONS_KEY] = json.dumps(list(calibrations))

    def arrange(rows: PredictionRows) -> pa.Table:
        return rows.arrange().replace_schema_metadata(metadata)

    nothing = PredictionRows([], np.zeros(0, np.int32), np.zeros((0, len(class_names))), labels=[])
    checked = map(arrange, _take_finite(parts, path))
    write_row_groups(path, checked, GROUP_ROWS, lambda: arrange(nothing))


def _take_finite(parts: Iterable[PredictionRows], path: Path) -> Iterator[PredictionRows]:
    """Take the rows as long as all probabilities are numbers; then count those that are not, and refuse."""
    count, first = 0, ""
    for rows in parts:
        wrong = np.flatnonzero(~np.isfinite(rows.probabilities).all(axis=1))
        if len(wrong) and not count:
            first = f"cell {rows.cell_id[wrong[0]]} of {rows.image_id[wrong[0]]}"
        count += len(wrong)
        if not count:
            yield rows
    if count:
        raise InputError(
            found=f"probabilities of {count} cells that are no numbers, first of {first}",
            where=path,
            expected="numbers from 0 to 1",
            advice="the classifier is damaged or its training diverged: train again, or give another one; "
            "bfloat16 runtimes can overflow: try --set predict.runtime=torch",
        )
