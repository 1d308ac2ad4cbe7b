"""The predictions as an AnnData file, ``.h5ad``, for scanpy, squidpy and cellxgene."""

import itertools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.atomic import atomic_write
from data.errors import InputError
from data.export.cell_annotations import describe_classes, find_likeliest
from data.export.h5ad_file import (
    StoredTable,
    create_array,
    create_h5ad,
    import_h5py,
    write_array,
    write_mapping,
    write_table,
)
from data.export.principal_components import Components, Covariance
from data.labels.label_set import list_label_sets, read_label_set
from data.predictions.stored_predictions import PART_ROWS, StoredPredictions
from stages.export.annotations import Annotator, Plane, read_plane
from stages.export.cells.cell_parts import ExportedCells, open_cells
from stages.export.cells.predicted_cells import CellNames
from stages.export.paths import ExportInputs
from stages.export.room import check_room
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

log = logging.getLogger("hpacells")

_MOST_SAMPLED = 100_000
"""Cells of which the principal components are found, evenly over all."""


def write_h5ad(inputs: ExportInputs, path: Path, settings: ExportSettings, context: Context) -> StageReport:
    """Write one row per cell: the embedding as X, or, where the predictions have none, the probabilities.

    Raises
    ------
    InputError
        As `run` says.
    """
    if path.suffix.lower() != ".h5ad":
        raise InputError(
            found="a name by which scanpy knows no AnnData file",
            where=path,
            expected="a name that ends in .h5ad",
            advice=f"give --output {path.name}.h5ad",
        )
    import_h5py(path)
    predictions = StoredPredictions(inputs.predictions_path)
    cells = open_cells(inputs, predictions, unpredicted=settings.unpredicted)
    annotator = Annotator(inputs, cells.image_ids, predictions.class_names, settings.label_set)
    content = "embedding" if predictions.width else "probabilities"
    if not predictions.width:
        log.warning(
            "export: X is the probabilities, as the predictions have no embeddings (predict.embedding)"
        )
    width, count = predictions.width or len(predictions.class_names), cells.count
    check_room(path, 4 * count * (width + len(predictions.class_names) + settings.components))
    with (
        atomic_write(path) as temporary,
        create_h5ad(temporary) as file,
        context.track("export", 2 * predictions.rows + count) as advance,
    ):
        components = _write_numbers(file, predictions, count, settings.components, advance)
        _write_components(file, components, predictions.rows, advance)
        _write_cells(file, cells, annotator, predictions.class_names, read_plane(inputs), advance)
        _write_variables(file, predictions)
        facts = {**inputs.facts, "X": content, **_describe_label_set(predictions.class_names)}
        write_mapping(file["uns"], "hpacells", facts)
        planes = sorted(name for name in file["obsm"] if name.startswith("X_"))
    return StageReport(
        counts={"cells": count, "variables": width, "left out": cells.left_out},
        details={"format": "h5ad", "X": content, "planes": planes},
    )


def _write_numbers(
    file: Any, predictions: StoredPredictions, count: int, most: int, advance: Callable[[int], None]
) -> Components | None:
    """Write X and the probabilities part by part; return the principal components of X."""
    names = predictions.class_names
    width = predictions.width or len(names)
    matrix = create_array(file, "X", (count, width))
    probabilities = create_array(file["obsm"], "probabilities", (count, len(names)))
    covariance, stride = Covariance(width), -(-predictions.rows // _MOST_SAMPLED)
    odd = 0
    for part in predictions.read_parts():
        rows = slice(part.start, part.start + len(part.probabilities))
        values = part.probabilities if part.embedding is None else part.embedding
        matrix[rows] = values
        probabilities[rows] = part.probabilities
        covariance.add(values[-part.start % stride :: stride])
        odd += int((~np.isfinite(values)).any(axis=1).sum())
        advance(len(values))
    if odd:
        log.warning("export: the embeddings of %d cells have numbers that are not finite", odd)
    return covariance.find_components(most)


def _write_components(
    file: Any, components: Components | None, rows: int, advance: Callable[[int], None]
) -> None:
    """Write the coordinates along the principal components where scanpy looks for them."""
    if components is None or components.loadings.shape[1] < 2:
        advance(rows)
        return
    matrix = file["X"]
    coordinates = create_array(file["obsm"], "X_pca", (len(matrix), components.loadings.shape[1]))
    for start in range(0, rows, PART_ROWS):
        part = slice(start, min(start + PART_ROWS, rows))
        coordinates[part] = components.project(matrix[part])
        advance(part.stop - part.start)
    write_array(file["varm"], "PCs", components.loadings.astype(np.float32))
    known = {"variance": components.variance, "variance_ratio": components.variance_ratio}
    write_mapping(file["uns"], "pca", known)


def _write_cells(
    file: Any,
    cells: ExportedCells,
    annotator: Annotator,
    names: tuple[str, ...],
    plane: Plane | None,
    advance: Callable[[int], None],
) -> None:
    likeliest = describe_classes(np.empty(0, np.int64), np.empty(0), names)
    template = pd.concat([annotator.annotate(*cells.represent()).iloc[:0], likeliest], axis=1)
    table, probabilities = StoredTable(file, "obs", template, cells.count), file["obsm"]["probabilities"]
    spatial = [create_array(file["obsm"], "spatial", (cells.count, 2), "float64")]
    planes = [name for name in file["obsm"] if name.startswith("X_")]
    points = None
    if plane is not None:
        points = create_array(file["obsm"], plane.name, (cells.count, 2), "float64")
    elif not planes:
        # cellxgene shows no file without a plane, and of a single cell there are no principal components.
        spatial.append(create_array(file["obsm"], "X_spatial", (cells.count, 2), "float64"))
    for part in itertools.chain(cells.read_predicted(), cells.read_others()):
        rows = slice(part.start, part.stop)
        known = annotator.annotate(part.table, part.labels)
        likeliest = describe_classes(*find_likeliest(probabilities[rows]), names)
        table.write(part.start, pd.concat([known, likeliest], axis=1), CellNames(part.table))
        # Of the box, half-open in px: where the cell would be if pixels had their corners at whole numbers.
        middle = [(part.table[f"{axis}0"] + part.table[f"{axis}1"]) / 2 for axis in "xy"]
        for dataset in spatial:
            dataset[rows] = np.stack(middle, axis=1)
        if plane is not None and points is not None:
            points[rows] = plane.find(part.table)
        advance(len(part.table))


def _write_variables(file: Any, predictions: StoredPredictions) -> None:
    if predictions.width:
        names = [f"embedding_{number:04d}" for number in range(predictions.width)]
    else:
        names = list(predictions.class_names)
    write_table(file, "var", pd.DataFrame({"number": np.arange(len(names))}), names)


def _describe_label_set(names: tuple[str, ...]) -> dict[str, Any]:
    bundled = {name: read_label_set(name) for name in list_label_sets()}
    alike = [name for name, label_set in bundled.items() if label_set.names == names]
    described: dict[str, Any] = {"class_names": list(names), "label_set": alike[0] if alike else "own"}
    negative = bundled[alike[0]].negative if alike else None
    return described if negative is None else described | {"negative_class": names[negative]}
