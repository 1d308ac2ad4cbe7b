"""All cells of the segmented fields, dropped ones too, with what is known of them and was predicted."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.cell_annotations import describe_classes
from data.predictions.stored_predictions import StoredPredictions
from stages.export.annotations import annotate_cells
from stages.export.paths import ExportInputs
from stages.export.predicted_cells import PredictedCells, choose_cells
from stages.export.stores.described_field import refuse_other_cells


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
        refuse_other_cells(image_id, numbers[order], labels)
        return rows[order]
