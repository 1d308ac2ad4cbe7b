"""The cells as CellProfiler's tables, for pycytominer and whatever else reads those."""

import itertools
from contextlib import ExitStack
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
from data.predictions.stored_predictions import StoredPredictions
from data.tables.csv_file import write_csv, write_csv_parts
from stages.export.cells.cell_parts import CellsPart, SuccessiveCells, WholeCells, add_numbers, open_cells
from stages.export.image_annotations import read_image_annotations
from stages.export.paths import ExportInputs
from stages.export.settings import ExportSettings
from stages.stage import Context, StageReport

_CALLED_FROM = 0.5
_FLOATS = "%.8g"


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
    cells = open_cells(inputs, predictions, unpredicted=settings.unpredicted)
    images = _describe_images(inputs, predictions, settings)
    metadata = images.loc[:, images.columns.str.startswith(("ImageN", "Metadata_"))]
    places = pd.Index(metadata["Metadata_ImageID"])
    centroids = _Centroids(inputs.cells_path, cells)
    with context.track("export", cells.count) as advance, ExitStack() as files:
        append_cells, append_nuclei, append_profiles = (
            files.enter_context(write_csv_parts(path / name, exact=True))
            for name in ("Cells.csv", "Nuclei.csv", "SingleCells.csv")
        )
        parts = itertools.chain(cells.read_predicted(), cells.read_others())
        for part, numbers in add_numbers(parts, predictions):
            table = part.table
            identity = _identify(table, metadata.iloc[places.get_indexer(pd.Index(table["image_id"]))])
            described = describe_cells(table, centroids.find(part), identity)
            classes = _describe_classes(numbers.probabilities, part.labels, predictions.class_names)
            described = pd.concat([described, classes], axis=1)
            append_cells(described)
            append_nuclei(_describe_nuclei(table, identity))
            append_profiles(profile_cells(described, table["nucleus_area_px"], numbers.embedding))
            advance(len(table))
    write_csv(path / "Image.csv", images, float_format=_FLOATS)
    return StageReport(
        counts={"images": len(images), "cells": cells.count, "left out": cells.left_out},
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


class _Centroids:
    """Find centroids as they are asked for; where cells have another order than their table, all beforehand.

    Parameters
    ----------
    path
        The cells table.
    cells
        The cells.
    """

    def __init__(self, path: Path, cells: SuccessiveCells | WholeCells) -> None:
        self._path, self._stored = path, StoredCells(path)
        self._all: NDArray[np.float64] | None = None
        if isinstance(cells, WholeCells):
            self._all = np.empty((cells.count, 2))
            order = np.argsort(cells.cells.rows, kind="stable")
            for start in range(0, len(order), GROUP_ROWS):
                part = order[start : start + GROUP_ROWS]
                self._all[part] = self._measure(cells.cells.rows[part], cells.cells.table.iloc[part])

    def find(self, part: CellsPart) -> NDArray[np.float64]:
        """Return the centroids of some cells, (n, 2): x and y, px."""
        if self._all is None:
            return self._measure(part.rows, part.table)
        return self._all[part.start : part.stop]

    def _measure(self, rows: NDArray[np.intp], table: pd.DataFrame) -> NDArray[np.float64]:
        found = np.full((len(rows), 2), np.nan)
        heights, widths = table["image_height"].tolist(), table["image_width"].tolist()
        for place, mask in enumerate(self._stored.read_masks(rows)):
            # Cells that were cut out elsewhere have none.
            if mask:
                where = f"{self._path}, row {rows[place] + 1}"
                runs = decode_runs(mask, heights[place] * widths[place], where=where)
                found[place] = find_centroid(runs, heights[place])
        return found


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


def _describe_classes(
    probabilities: NDArray[np.float32], labels: pd.Series | None, class_names: tuple[str, ...]
) -> pd.DataFrame:
    """Return the probabilities of the classes, and which of them are called, as 0 and 1."""
    names = name_classes(class_names)
    called = probabilities >= _CALLED_FROM if labels is None else mark_called(labels, len(names))
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
