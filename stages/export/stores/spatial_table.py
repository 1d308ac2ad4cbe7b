"""The table of a SpatialData store: one row for each label of each label image of cells."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.h5ad_file import create_array, create_parts, write_array, write_mapping, write_table
from data.export.ngff.arrays import open_store
from data.export.ngff.spatialdata import INSTANCE, REGION, describe_table
from data.export.ngff.table_group import TableGroup
from data.export.safe_names import name_safely
from data.predictions.stored_predictions import StoredPredictions
from stages.export.paths import ExportInputs
from stages.export.stores.described_cells import DescribedCells

TABLE = "cells"
"""Name of the table."""


def write_table_of(
    folder: Path,
    cells: DescribedCells,
    fields: Sequence[tuple[str, NDArray[np.intp]]],
    inputs: ExportInputs,
) -> int:
    """Write the table of the cells of some fields, dropped ones too; none where there is no cell.

    Parameters
    ----------
    folder
        The group of tables; a table that a killed run has begun is replaced.
    cells
        All cells.
    fields
        Names of the fields, and the rows of their cells in the order of their numbers.
    inputs
        What is exported.

    Returns
    -------
    int
        How many rows it has.
    """
    shutil.rmtree(folder, ignore_errors=True)
    tables = open_store(folder, {})
    rows = np.concatenate([np.empty(0, np.intp), *(found for _, found in fields)])
    if not len(rows):
        return 0
    # A label image without cells is none that the table speaks of.
    regions = [f"{name}_cells" for name, found in fields if len(found)]
    group = TableGroup(tables.create_group(TABLE))
    create_parts(group)
    for name, value in describe_table(regions).items():
        group.attrs[name] = value
    described = cells.table.iloc[rows].reset_index(drop=True)
    names = name_safely(list(described.columns))
    described = described.rename(columns=names)
    counts = [len(found) for _, found in fields if len(found)]
    codes = np.repeat(np.arange(len(regions)), counts)
    region = pd.Series(pd.Categorical.from_codes(codes.tolist(), dtype=pd.CategoricalDtype(regions)))
    described.insert(0, REGION, region)
    described.insert(1, INSTANCE, described["cell_id"].to_numpy(np.int64))
    all_names = cells.cells.names[:]
    write_table(group, "obs", described, [all_names[row] for row in rows.tolist()])
    table = cells.cells.table.iloc[rows]
    middle = [(table[f"{axis}0"] + table[f"{axis}1"]).to_numpy() / 2 for axis in "xy"]
    write_array(group["obsm"], "spatial", np.stack(middle, axis=1))
    write_array(group["obsm"], "probabilities", cells.probabilities[rows])
    _write_x(group, cells.predictions, rows)
    keys = {"region": regions, "region_key": REGION, "instance_key": INSTANCE}
    write_mapping(group["uns"], "spatialdata_attrs", keys)
    facts = {"class_names": list(cells.predictions.class_names)}
    write_mapping(group["uns"], "hpacells", {**inputs.facts, **facts})
    return len(rows)


def _write_x(group: Any, predictions: StoredPredictions, rows: NDArray[np.intp]) -> None:
    """Write X, the embeddings or else the probabilities, part by part; NaN for cells without a prediction."""
    names = list(predictions.class_names)
    if predictions.width:
        names = [f"embedding_{number:04d}" for number in range(predictions.width)]
    write_table(group, "var", pd.DataFrame({"number": np.arange(len(names))}), names)
    matrix = create_array(group, "X", (len(rows), len(names)))
    places = np.full(max(predictions.rows, int(rows.max()) + 1), -1, np.intp)
    places[rows] = np.arange(len(rows))
    for part in predictions.read_parts():
        values = part.probabilities if part.embedding is None else part.embedding
        where = places[part.start : part.start + len(values)]
        # A field that failed has no rows.
        order = np.flatnonzero(where >= 0)
        order = order[np.argsort(where[order])]
        breaks = np.flatnonzero(np.diff(where[order]) != 1) + 1
        for run in np.split(order, breaks):
            if len(run):
                matrix[int(where[run[0]]) : int(where[run[-1]]) + 1] = values[run]
