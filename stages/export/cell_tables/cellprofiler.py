"""The cells as CellProfiler's tables, for pycytominer and whatever else reads those."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.stored_cells import GROUP_ROWS, StoredCells
from data.export.cell_annotations import mark_called
from data.export.cellprofiler import describe_cells, name_classes, name_column, profile_cells
from data.fields.images_table import read_images
from data.masks.centroid import find_centroid
from data.masks.rle import decode_runs
from data.predictions.stored_predictions import PART_ROWS, PredictionsPart, StoredPredictions
from data.tables.csv_file import write_csv, write_csv_parts
from stages.export.image_annotations import read_image_annotations
from stages.export.paths import ExportInputs
from stages.export.predicted_cells import PredictedCells, choose_cells
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

_CALLED_FROM = 0.5
_FLOATS = "%.8g"


@dataclass(frozen=True)
class _Part:
    """Some successive cells of the export.

    Attributes
    ----------
    rows
        Which of them.
    predicted
        Their probabilities and embeddings, missing (NaN) where they were not predicted.
    """

    rows: slice
    predicted: PredictionsPart


def write_cellprofiler(
    inputs: ExportInputs, path: Path, settings: ExportSettings, context: Context
) -> StageReport:
    """Write one row per image, per cell and per nucleus, and one per cell with all that is known of it.

    Raises
    ------
    InputError
        As `run` says.
    """
    predictions = StoredPredictions(inputs.predictions_path)
    cells = choose_cells(inputs, predictions, unpredicted=settings.unpredicted)
    images = _describe_images(inputs, predictions, settings)
    metadata = images.loc[:, images.columns.str.startswith(("ImageN", "Metadata_"))]
    places = pd.Index(metadata["Metadata_ImageID"])
    with context.track("export", 2 * len(cells.table)) as advance:
        centroids = np.empty((len(cells.table), 2))
        for rows, found in _find_centroids(inputs.cells_path, cells):
            centroids[rows] = found
            advance(len(rows))
        with ExitStack() as files:
            append_cells, append_nuclei, append_profiles = (
                files.enter_context(write_csv_parts(path / name, exact=True))
                for name in ("Cells.csv", "Nuclei.csv", "SingleCells.csv")
            )
            for part in _read_parts(predictions, len(cells.table)):
                table = cells.table.iloc[part.rows].reset_index(drop=True)
                identity = _identify(table, metadata.iloc[places.get_indexer(pd.Index(table["image_id"]))])
                described = describe_cells(table, centroids[part.rows], identity)
                described = pd.concat([described, _describe_classes(part, cells, predictions)], axis=1)
                append_cells(described)
                append_nuclei(_describe_nuclei(table, identity))
                append_profiles(profile_cells(described, table["nucleus_area_px"], part.predicted.embedding))
                advance(len(table))
    write_csv(path / "Image.csv", images, float_format=_FLOATS)
    return StageReport(
        counts={"images": len(images), "cells": len(cells.table), "left out": cells.left_out},
        details={"format": "cellprofiler"},
    )


def _describe_images(
    inputs: ExportInputs, predictions: StoredPredictions, settings: ExportSettings
) -> pd.DataFrame:
    """Return the rows of ``Image.csv``, which also has the fields without cells."""
    images = read_images(inputs.images_table_path)
    known = read_image_annotations(inputs, images["image_id"], predictions.class_names, settings.label_set)
    described = known.reindex(images["image_id"]).fillna("").reset_index(drop=True)
    described.columns = [name_column("Metadata", name) for name in described.columns]
    first = pd.DataFrame(
        {"ImageNumber": np.arange(1, len(images) + 1), "Metadata_ImageID": images["image_id"].astype(object)}
    )
    sizes = pd.DataFrame(
        {
            "Metadata_PixelSizeUm": images["pixel_size_um"],
            "Count_Cells": images["cells"],
            "Height_Green": images["image_height"],
            "Width_Green": images["image_width"],
        }
    )
    return pd.concat([first, described, sizes], axis=1)


def _find_centroids(
    path: Path, cells: PredictedCells
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Yield cells of the export and their centroids (n, 2), in the order of the cells table."""
    stored = StoredCells(path)
    order = np.argsort(cells.rows, kind="stable")
    heights = cells.table["image_height"].to_numpy()
    widths = cells.table["image_width"].to_numpy()
    for start in range(0, len(order), GROUP_ROWS):
        part = order[start : start + GROUP_ROWS]
        found = np.full((len(part), 2), np.nan)
        for place, (row, mask) in enumerate(zip(part, stored.read_masks(cells.rows[part]), strict=True)):
            # Cells that were cut out elsewhere have none.
            if mask:
                runs = decode_runs(
                    mask, int(heights[row]) * int(widths[row]), where=f"{path}, row {cells.rows[row] + 1}"
                )
                found[place] = find_centroid(runs, int(heights[row]))
        yield part, found


def _read_parts(predictions: StoredPredictions, count: int) -> Iterator[_Part]:
    """Read the predictions of all cells part by part; those that were not predicted come last."""
    for part in predictions.read_parts():
        yield _Part(slice(part.start, part.start + len(part.probabilities)), part)
    classes = len(predictions.class_names)
    for start in range(predictions.rows, count, PART_ROWS):
        size = min(PART_ROWS, count - start)
        missing = [np.full((size, width), np.nan, np.float32) for width in (classes, predictions.width)]
        embedding = missing[1] if predictions.width else None
        yield _Part(slice(start, start + size), PredictionsPart(start, missing[0], embedding))


def _identify(table: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """Return the first columns of each cell."""
    identity = images.reset_index(drop=True)
    identity.insert(1, "ObjectNumber", table["cell_id"])
    return identity.assign(
        Metadata_CellID=[
            f"{image}_{cell}" for image, cell in zip(table["image_id"], table["cell_id"], strict=True)
        ],
        Metadata_Dropped=(table["dropped"] != "").astype(np.int64),
        Metadata_DropReason=table["dropped"].astype(object),
        Metadata_TouchesBorder=table["touches_border"].astype(np.int64),
        Metadata_BorderFractionInside=table["border_fraction_inside"],
    )


def _describe_classes(part: _Part, cells: PredictedCells, predictions: StoredPredictions) -> pd.DataFrame:
    """Return the probabilities of the classes, and which of them are called, as 0 and 1."""
    names = name_classes(predictions.class_names)
    probabilities = part.predicted.probabilities
    if cells.labels is None:
        called = probabilities >= _CALLED_FROM
    else:
        texts = cells.labels.reindex(range(part.rows.start, part.rows.stop))
        marks = mark_called(texts, len(names))
        called = marks.marks[marks.texts]
    calls = np.where(np.isnan(probabilities), np.nan, called)
    columns = {f"Classify_{name}": calls[:, label] for label, name in enumerate(names)}
    return pd.DataFrame(
        columns | {f"Probability_{name}": probabilities[:, label] for label, name in enumerate(names)}
    )


def _describe_nuclei(table: pd.DataFrame, identity: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``Nuclei.csv``: cells that have a nucleus."""
    nuclei = identity.assign(
        AreaShape_Area=table["nucleus_area_px"],
        Number_Object_Number=table["cell_id"],
        Children_Cells_Count=1,
    )
    return nuclei[(table["nucleus_area_px"] > 0).to_numpy(bool)]
