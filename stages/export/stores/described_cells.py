"""All cells of the segmented fields, dropped ones too, with what is known of them and was predicted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.export.cell_annotations import describe_classes
from data.export.fields.class_colours import choose_colours
from data.predictions.stored_predictions import StoredPredictions
from stages.export.annotations import annotate_cells
from stages.export.paths import ExportInputs
from stages.export.predicted_cells import PredictedCells, choose_cells

_GREY = (160, 160, 160)
"""Colour of a cell that was not predicted."""

_PROPERTIES = ("called_classes", "area_px", "area_um2", "nucleus_area_px", "touches_border")
"""What is known of a cell, besides its class and whether it was dropped."""


class DescribedCells:
    """All cells, with what is known of them.

    Attributes
    ----------
    predictions, cells
        The predictions, and the rows of the cells table: first those of the predictions, in their order.
    table
        (n) what is known of the cells, in the same order.
    probabilities
        (n, classes) float32, NaN for a cell that was not predicted.
    likeliest
        (n,) number of the likeliest class; -1 for a cell that was not predicted.
    """

    def __init__(self, inputs: ExportInputs, label_set: str | None) -> None:
        self.predictions = StoredPredictions(inputs.predictions_path)
        # Images and masks are of use, too, where no cell was predicted.
        self.cells: PredictedCells = choose_cells(
            inputs, self.predictions, unpredicted=True, may_be_empty=True
        )
        names, count = self.predictions.class_names, len(self.cells.table)
        known = annotate_cells(inputs, self.cells, names, label_set)
        self.probabilities = np.full((count, len(names)), np.nan, np.float32)
        for part in self.predictions.read_parts():
            self.probabilities[part.start : part.start + len(part.probabilities)] = part.probabilities
        likeliest, highest = np.full(count, -1, np.int64), np.full(count, np.nan, np.float32)
        predicted = slice(0, self.cells.predicted)
        likeliest[predicted] = self.probabilities[predicted].argmax(axis=1)
        highest[predicted] = self.probabilities[predicted].max(axis=1)
        self.table = pd.concat([known, describe_classes(likeliest, highest, names)], axis=1)
        self.likeliest = likeliest
        self._rows = self.cells.table.groupby("image_id", sort=False).indices
        self._colours = choose_colours(len(names))

    def rows_of(self, image_id: str, labels: NDArray[np.integer]) -> NDArray[np.intp]:
        """Return the rows of a field's cells, in the order of their numbers.

        Parameters
        ----------
        image_id
            The field.
        labels
            (H, W) its label image, whose numbers are to be those of the cells.

        Raises
        ------
        InputError
            The label image has other cells than the table.
        """
        rows = np.asarray(self._rows.get(image_id, np.empty(0, np.intp)))
        numbers = self.cells.table["cell_id"].to_numpy()[rows]
        order = np.argsort(numbers)
        drawn = np.flatnonzero(np.bincount(labels.ravel()))
        drawn = drawn[drawn > 0]
        if not np.array_equal(drawn, numbers[order]):
            raise InputError(
                found=f"{len(drawn)} cells in the label image, and {len(rows)} of other numbers in the table"
                if len(drawn) == len(rows)
                else f"{len(drawn)} cells in the label image, and {len(rows)} in the table",
                where=f"field {image_id}",
                expected="the same cells",
                advice="run `hpacells segment` again, which measures edited masks",
            )
        return rows[order]

    def colours_of(self, rows: NDArray[np.intp]) -> list[Sequence[int]]:
        """Return the colour of each cell: that of its likeliest class, grey where it was not predicted."""
        return [self._colours[label] if label >= 0 else _GREY for label in self.likeliest[rows].tolist()]

    def properties_of(self, rows: NDArray[np.intp]) -> list[dict[str, Any]]:
        """Return what is known of each cell as JSON: what is missing is left out."""
        names = [
            f"probability of {name}" if name in {*self.table.columns, "class", "probability"} else name
            for name in self.predictions.class_names
        ]
        described = []
        for row in rows.tolist():
            cell = self.table.iloc[row]
            known = {
                "cell_id": int(cell["cell_id"]),
                "class": cell["top_class"],
                "probability": cell["top_probability"],
                **{name: cell[name] for name in _PROPERTIES if name in cell},
                "dropped": bool(cell["dropped"]),
                "drop_reason": cell["drop_reason"],
                **dict(zip(names, self.probabilities[row], strict=True)),
            }
            described.append({name: _as_json(value) for name, value in known.items() if not pd.isna(value)})
        return described


def _as_json(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    # With the digits that a float32 has.
    return float(f"{float(value):.7g}") if isinstance(value, float | np.floating) else str(value)
