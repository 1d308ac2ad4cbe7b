"""What an AnnData file tells of each cell besides its numbers."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.export.cell_annotations import (
    NONE_CALLED,
    CellRows,
    annotate_images,
    describe_cells,
    name_classes,
)
from data.fields.images_table import read_images
from data.tables.csv_file import unescape_cell
from stages.export.image_annotations import read_image_annotations
from stages.export.paths import ExportInputs

_METHODS = {"t-sne": "X_tsne", "pca": "X_features_pca"}
"""Never X_pca: two components under this name are all by which scanpy would find neighbours."""


class Plane:
    """Cells in a plane.

    Parameters
    ----------
    name
        Under which it is written.
    table
        ``image_id``, ``cell_id``, ``x`` and ``y`` of the cells that are in it.

    Raises
    ------
    ValueError, KeyError
        A column is missing, or its values are no numbers.
    """

    def __init__(self, name: str, table: pd.DataFrame) -> None:
        self.name = name
        self._points = table[["x", "y"]].to_numpy(np.float64)
        self._rows = CellRows(table)

    def find(self, cells: pd.DataFrame) -> NDArray[np.float64]:
        """Return the points of some cells, (n, 2); NaN for a cell that is not in the plane."""
        rows = self._rows.find(cells)
        chosen = np.full((len(cells), 2), np.nan)
        chosen[rows >= 0] = self._points[rows[rows >= 0]]
        return chosen


class Annotator:
    """Describe cells: what was measured, the called classes, and what a label file says of their images.

    Parameters
    ----------
    inputs
        The tables.
    image_ids
        The images of all cells, of which the label file must have some.
    names
        Names of the predicted classes.
    label_set
        Label set of the label file; None for the predicted classes.

    Raises
    ------
    InputError
        A table is missing or damaged, or the label file has none of the images.
    """

    def __init__(
        self, inputs: ExportInputs, image_ids: Iterable[str], names: tuple[str, ...], label_set: str | None
    ) -> None:
        images = read_images(inputs.images_table_path)
        self._pixel_sizes = dict(zip(images["image_id"], images["pixel_size_um"], strict=True))
        self._names = names
        known = read_image_annotations(inputs, image_ids, names, label_set)
        self._known = {str(name): dict(zip(known.index, known[name], strict=True)) for name in known.columns}

    def annotate(self, table: pd.DataFrame, labels: pd.Series | None) -> pd.DataFrame:
        """Describe some cells in columns of numbers, truth values and categories.

        Parameters
        ----------
        table
            (n) their rows of the cells table.
        labels
            (n,) numbers of the called classes as text, missing for a cell that was not predicted; None where
            the predictions do not have them.
        """
        described = describe_cells(table, self._pixel_sizes)
        if labels is not None:
            described["called_classes"] = name_classes(labels, self._names, NONE_CALLED)
        for name, values in self._known.items():
            if name not in described:
                described[name] = annotate_images(table["image_id"], values)
        return described


def read_plane(inputs: ExportInputs) -> Plane | None:
    """Read the plane that the features stage has made, if it has.

    Raises
    ------
    InputError
        Its table is damaged.
    """
    path = inputs.plane_path
    if path is None:
        return None
    try:
        # An image may be called NA.
        table = pd.read_csv(path, dtype={"image_id": str}, keep_default_na=False)
        table["image_id"] = table["image_id"].map(unescape_cell)
        return Plane(_METHODS.get(inputs.plane_method, "X_features"), table)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            found=f"not the table of a plane ({error})",
            where=path,
            expected="what `hpacells features` writes",
            advice="run `hpacells features` again",
        ) from None
