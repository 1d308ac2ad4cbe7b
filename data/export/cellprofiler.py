"""Tables as CellProfiler's ``ExportToSpreadsheet`` writes them, and one with names that pycytominer knows.

Conventions are those of CellProfiler 4: numbers of images and objects begin with 1; the middle of the first
pixel is at 0, 0; a bounding box ends beside its last pixel; intensities are 0..1 of full scale.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.channels import CHANNELS

_POSITIONS = re.compile("AreaShape_(BoundingBoxM|Center)|Location_|Number_|Parent_")
"""Columns of a cell that say where it is, not what it is like; in a profile they would be noise."""


def name_column(*parts: str) -> str:
    """Return a name as CellProfiler has them: parts of letters and digits, in camel case, joined by ``_``.

    >>> name_column("Metadata", "gene name")
    'Metadata_GeneName'
    """
    words = [[word for word in re.split(r"[^0-9A-Za-z]+", part) if word] for part in parts]
    return "_".join("".join(word[0].upper() + word[1:] for word in part) for part in words)


def name_classes(names: Sequence[str]) -> list[str]:
    """Return the names of classes as parts of names of columns, each once."""
    named = [name_column(name) or "Class" for name in names]
    return [
        name if named.count(name) == 1 else f"{name}{number}" for number, name in enumerate(named, start=1)
    ]


def describe_cells(
    cells: pd.DataFrame, centroids: NDArray[np.float64], identity: pd.DataFrame
) -> pd.DataFrame:
    """Return the columns of ``Cells.csv`` that are measured.

    Parameters
    ----------
    cells
        Rows of the cells table.
    centroids
        (n, 2) x and y, px.
    identity
        (n rows) the first columns: ``ImageNumber``, ``ObjectNumber`` and those that begin with ``Metadata_``.
    """
    box = (cells["y1"] - cells["y0"]) * (cells["x1"] - cells["x0"])
    columns: dict[str, Any] = {
        "AreaShape_Area": cells["area_px"],
        "AreaShape_BoundingBoxArea": box,
        "AreaShape_BoundingBoxMaximum_X": cells["x1"],
        "AreaShape_BoundingBoxMaximum_Y": cells["y1"],
        "AreaShape_BoundingBoxMinimum_X": cells["x0"],
        "AreaShape_BoundingBoxMinimum_Y": cells["y0"],
        "AreaShape_Center_X": centroids[:, 0],
        "AreaShape_Center_Y": centroids[:, 1],
        "AreaShape_Extent": cells["area_px"] / box.where(box > 0),
    }
    for channel in CHANNELS:
        mean = cells[f"mean_{channel}"].astype(np.float64)
        columns[f"Intensity_IntegratedIntensity_{channel.capitalize()}"] = mean * cells["area_px"]
        columns[f"Intensity_MeanIntensity_{channel.capitalize()}"] = mean
    columns |= {"Location_Center_X": centroids[:, 0], "Location_Center_Y": centroids[:, 1]}
    columns |= {"Number_Object_Number": cells["cell_id"], "Parent_Nuclei": cells["cell_id"]}
    measured = pd.DataFrame({name: np.asarray(values) for name, values in columns.items()})
    return pd.concat([identity, measured], axis=1)


def profile_cells(
    described: pd.DataFrame, nucleus_area: pd.Series, embedding: NDArray[np.float32] | None
) -> pd.DataFrame:
    """Return the columns of ``SingleCells.csv``: features begin with the name of their compartment.

    Parameters
    ----------
    described
        Rows of ``Cells.csv``. Where a cell is becomes metadata.
    nucleus_area
        (n,) px.
    embedding
        (n, D), or None.
    """
    places = {f"Location_Center_{axis}": f"Metadata_Cells_Location_Center_{axis}" for axis in "XY"}
    named = {
        name: places.get(
            name, name if name.startswith(("Metadata_", "ImageN", "ObjectN")) else f"Cells_{name}"
        )
        for name in described.columns
        if name in places or not _POSITIONS.match(name)
    }
    table = described[list(named)].rename(columns=named).copy()
    for name in ("ImageNumber", "ObjectNumber"):
        table[f"Metadata_{name}"] = table[name]
    # Metadata first.
    table = table[sorted(table.columns, key=lambda name: name.startswith("Cells_"))]
    parts = [table, pd.DataFrame({"Nuclei_AreaShape_Area": nucleus_area.to_numpy()})]
    if embedding is not None:
        numbers = [f"Cells_feature_{number:04d}" for number in range(1, embedding.shape[1] + 1)]
        parts.append(pd.DataFrame(embedding, columns=numbers))
    return pd.concat(parts, axis=1)
