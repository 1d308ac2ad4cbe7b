"""The cells of an export field by field, read as their turn comes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.cell_annotations import CELL, MEASURED
from data.predictions.cell_blocks import CellBlock, CellBlocks, OutOfStepError
from data.predictions.predictions_table import read_class_names
from stages.export.fields.predicted_fields import PredictedField, PredictedFields, find_called
from stages.export.paths import ExportInputs
from stages.export.predicted_cells import tell_left_out

_COLUMNS = (*CELL, *MEASURED, "dropped", "group")


class SuccessiveFields:
    """The cells of an export, of which no more than some thousands are in memory.

    Parameters
    ----------
    inputs
        The tables.
    order
        The fields, in the order in which their cells are taken.
    unpredicted
        Whether to add the cells that were not predicted.

    Attributes
    ----------
    class_names
        Names of the classes.
    left_out
        How many cells are left out, as they were not predicted.
    image_ids
        The images that have a cell.

    Raises
    ------
    OutOfStepError
        The tables have other orders, or do not fit each other.
    """

    def __init__(self, inputs: ExportInputs, order: Sequence[str], *, unpredicted: bool) -> None:
        self._path, self._unpredicted = inputs.predictions_path, unpredicted
        self._blocks = CellBlocks(inputs.cells_path, inputs.predictions_path, _COLUMNS, labels=True)
        self.class_names = read_class_names(inputs.predictions_path)
        self.image_ids: set[str] = set()
        others, kept, following = 0, 0, iter(order)
        for block in self._blocks.read():
            image_ids = block.image_ids
            # Searching goes on where the last field was found.
            if not all(image_id in following for image_id in image_ids):
                raise self._refuse()
            is_other = block.predictions < 0
            chosen = block.table["image_id"] if unpredicted else block.table["image_id"][~is_other]
            self.image_ids.update(chosen.unique().tolist())
            others += int(is_other.sum())
            kept += int((block.table["dropped"].to_numpy(object)[is_other] == "").sum())
        tell_left_out(kept, others, unpredicted=unpredicted)
        self.left_out = 0 if unpredicted else others
        self._fields = self._read()

    def take(self, image_id: str) -> PredictedField:
        """Return the cells of a field; none where it has none. Those before it cannot be taken any more.

        Raises
        ------
        OutOfStepError
            Fields are taken in another order.
        """
        if image_id not in self.image_ids:
            none, table = np.empty(0, np.intp), pd.DataFrame(columns=list(_COLUMNS))
            probabilities = np.empty((0, len(self.class_names)), np.float32)
            labels = pd.Series([], dtype=object) if self._blocks.has_labels else None
            return PredictedField(none, table, probabilities, [], labels)
        field = next((field for name, field in self._fields if name == image_id), None)
        if field is None:
            raise self._refuse()
        return field

    def _read(self) -> Iterator[tuple[str, PredictedField]]:
        for block in self._blocks.read():
            ids = block.table["image_id"].to_numpy(object)
            # Where the probabilities of each cell are, if it has any.
            places = np.where(block.predictions >= 0, np.cumsum(block.predictions >= 0) - 1, -1)
            bounds = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
            for start, stop in pairwise(bounds):
                rows = np.arange(start, stop)
                if not self._unpredicted:
                    rows = rows[places[rows] >= 0]
                yield ids[start], _arrange(block, rows, places[rows])

    def _refuse(self) -> OutOfStepError:
        return OutOfStepError(found="cells in another order than the fields", where=self._path)


def _arrange(block: CellBlock, rows: NDArray[np.intp], places: NDArray[np.intp]) -> PredictedField:
    """Arrange some cells of a block, whose probabilities are in some places; -1 for none."""
    probabilities = np.full((len(rows), block.probabilities.shape[1]), np.nan, np.float32)
    probabilities[places >= 0] = block.probabilities[places[places >= 0]]
    stored = [] if block.labels is None else block.labels.tolist()
    texts = [stored[place] if stored and place >= 0 else None for place in places.tolist()]
    called = [
        None if place < 0 else find_called(text, values)
        for place, text, values in zip(places.tolist(), texts, probabilities, strict=True)
    ]
    table = block.table.iloc[rows].reset_index(drop=True)
    labels = None if block.labels is None else pd.Series(texts, dtype=object)
    return PredictedField(block.start + rows, table, probabilities, called, labels)


def open_fields(
    inputs: ExportInputs, order: Sequence[str], *, unpredicted: bool
) -> SuccessiveFields | PredictedFields:
    """Return the cells of an export that are taken field by field in some order.

    They are read as their turn comes where the tables have this order, and as a whole where they do not.

    Raises
    ------
    InputError
        A table is missing or damaged, or does not fit the others.
    """
    try:
        return SuccessiveFields(inputs, order, unpredicted=unpredicted)
    except OutOfStepError:
        return PredictedFields(inputs, unpredicted=unpredicted)
