"""The table of a SpatialData store: one row for each label of each label image of cells."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.cell_annotations import describe_classes, find_likeliest
from data.export.h5ad_file import (
    StoredTable,
    create_array,
    create_parts,
    write_mapping,
    write_table,
)
from data.export.ngff.arrays import open_store
from data.export.ngff.spatialdata import INSTANCE, REGION, describe_table
from data.export.ngff.table_group import CHUNK_ROWS, TableGroup
from data.export.safe_names import name_safely
from data.predictions.stored_predictions import StoredPredictions
from stages.export.annotations import Annotator
from stages.export.cells.predicted_cells import CellNames
from stages.export.fields.predicted_fields import PredictedField, PredictedFields
from stages.export.fields.successive_fields import SuccessiveFields
from stages.export.paths import ExportInputs

TABLE = "cells"
"""Name of the table."""


@dataclass(frozen=True)
class _Part:
    """The cells of some successive fields."""

    start: int
    regions: NDArray[np.intp]
    table: pd.DataFrame
    labels: pd.Series | None
    predicted: NDArray[np.intp]
    probabilities: NDArray[np.float32]


def write_table_of(
    folder: Path,
    cells: SuccessiveFields | PredictedFields,
    counted: Mapping[str, int],
    names: Mapping[str, str],
    annotator: Annotator,
    inputs: ExportInputs,
) -> int:
    """Write the table of the cells of some fields, dropped ones too; none where there is no cell.

    Parameters
    ----------
    folder
        The group of tables; a table that a killed run has begun is replaced.
    cells
        The cells of these fields, and maybe of others between them.
    counted
        ID of each field, in their order -> how many cells it has.
    names
        ID of each field -> its name in the store.
    annotator
        Of all cells.
    inputs
        What is exported.

    Returns
    -------
    int
        How many rows it has.
    """
    shutil.rmtree(folder, ignore_errors=True)
    tables = open_store(folder, {})
    count = sum(counted.values())
    if not count:
        return 0
    # A label image without cells is none that the table speaks of.
    fields = [image_id for image_id, number in counted.items() if number]
    regions = [f"{names[image_id]}_cells" for image_id in fields]
    group = TableGroup(tables.create_group(TABLE))
    create_parts(group)
    for name, value in describe_table(regions).items():
        group.attrs[name] = value
    predictions = StoredPredictions(inputs.predictions_path)
    places = np.full(predictions.rows, -1, np.int32)
    writer = _Writer(group, cells, annotator, regions, count)
    for part in _read_parts(cells, fields):
        writer.write(part)
        is_predicted = part.predicted >= 0
        places[part.predicted[is_predicted]] = part.start + np.flatnonzero(is_predicted)
    _write_x(group, predictions, places, count)
    keys = {"region": regions, "region_key": REGION, "instance_key": INSTANCE}
    write_mapping(group["uns"], "spatialdata_attrs", keys)
    facts = {"class_names": list(predictions.class_names)}
    write_mapping(group["uns"], "hpacells", {**inputs.facts, **facts})
    return count


def _read_parts(cells: SuccessiveFields | PredictedFields, fields: list[str]) -> Iterator[_Part]:
    """Join the cells of fields, for as many rows as a chunk has."""
    start, count, waiting = 0, 0, list[tuple[int, PredictedField]]()
    for number, image_id in enumerate(fields):
        waiting.append((number, cells.take(image_id)))
        count += len(waiting[-1][1].table)
        if count >= CHUNK_ROWS or number == len(fields) - 1:
            yield _join(start, waiting)
            start, count, waiting = start + count, 0, []


def _join(start: int, fields: list[tuple[int, PredictedField]]) -> _Part:
    found = [field for _, field in fields]
    labels = [field.labels for field in found if field.labels is not None]
    return _Part(
        start,
        np.repeat([number for number, _ in fields], [len(field.table) for field in found]),
        pd.concat([field.table for field in found], ignore_index=True),
        pd.concat(labels, ignore_index=True) if labels else None,
        np.concatenate([field.predicted for field in found]),
        np.concatenate([field.probabilities for field in found]),
    )


class _Writer:
    """Write what is known of the cells, part by part."""

    def __init__(
        self,
        group: Any,
        cells: SuccessiveFields | PredictedFields,
        annotator: Annotator,
        regions: list[str],
        count: int,
    ) -> None:
        self._annotator, self._names, self._regions = annotator, cells.class_names, regions
        none = np.empty((0, len(self._names)), np.float32)
        # All cells, or some that have all their texts: of what is known of them the categories are taken.
        template = self._describe(annotator.annotate(*cells.represent()).iloc[:0], none)
        self._safe = dict(zip(template.columns, name_safely(list(template.columns)), strict=True))
        self._stored = StoredTable(group, "obs", self._complete(template, np.empty(0, np.intp)), count)
        self._spatial = create_array(group["obsm"], "spatial", (count, 2), "float64")
        self._probabilities = create_array(group["obsm"], "probabilities", (count, len(self._names)))

    def write(self, part: _Part) -> None:
        """Write some cells."""
        rows = slice(part.start, part.start + len(part.table))
        known = self._annotator.annotate(part.table, part.labels)
        described = self._complete(self._describe(known, part.probabilities), part.regions)
        self._stored.write(part.start, described, CellNames(part.table))
        middle = [(part.table[f"{axis}0"] + part.table[f"{axis}1"]).to_numpy() / 2 for axis in "xy"]
        self._spatial[rows] = np.stack(middle, axis=1)
        self._probabilities[rows] = part.probabilities

    def _describe(self, known: pd.DataFrame, probabilities: NDArray[np.float32]) -> pd.DataFrame:
        return pd.concat([known, describe_classes(*find_likeliest(probabilities), self._names)], axis=1)

    def _complete(self, described: pd.DataFrame, regions: NDArray[np.intp]) -> pd.DataFrame:
        """Return a table with safe names of its columns, and before them what says whose label a row is."""
        table = described.rename(columns=self._safe)
        kind = pd.CategoricalDtype(self._regions)
        table.insert(0, REGION, pd.Series(pd.Categorical.from_codes(regions.tolist(), dtype=kind)))
        table.insert(1, INSTANCE, described["cell_id"].to_numpy(np.int64))
        return table


def _write_x(group: Any, predictions: StoredPredictions, places: NDArray[np.int32], count: int) -> None:
    """Write X, the embeddings or else the probabilities, part by part; NaN for cells without a prediction.

    Parameters
    ----------
    group, predictions
        Where to, and where from.
    places
        Row of X of each prediction; -1 for a cell of a field that failed.
    count
        Rows of X.
    """
    names = list(predictions.class_names)
    if predictions.width:
        names = [f"embedding_{number:04d}" for number in range(predictions.width)]
    write_table(group, "var", pd.DataFrame({"number": np.arange(len(names))}), names)
    matrix = create_array(group, "X", (count, len(names)))
    is_sorted = bool((np.diff(places[places >= 0]) > 0).all())
    for part in predictions.read_parts():
        values = part.probabilities if part.embedding is None else part.embedding
        where = places[part.start : part.start + len(values)]
        values, where = values[where >= 0], where[where >= 0]
        if is_sorted and len(where):
            # What lies between them was not predicted.
            block = np.full((int(where[-1] - where[0]) + 1, len(names)), np.nan, np.float32)
            block[where - where[0]] = values
            matrix[int(where[0]) : int(where[-1]) + 1] = block
            continue
        order = np.argsort(where)
        for run in np.split(order, np.flatnonzero(np.diff(where[order]) != 1) + 1):
            if len(run):
                matrix[int(where[run[0]]) : int(where[run[-1]]) + 1] = values[run]
