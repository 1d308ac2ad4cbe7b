"""The cells of an export field by field, read as their turn comes."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.predictions.cell_blocks import CellBlock, CellBlocks, OutOfStepError
from data.predictions.predictions_table import read_class_names
from stages.export.cells.cell_parts import COLUMNS
from stages.export.cells.found_cells import FoundCells
from stages.export.fields.predicted_fields import PredictedField, PredictedFields, find_called
from stages.export.paths import ExportInputs


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
    sort
        Whether the predictions may have another order, so that they are sorted on the disk.

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

    def __init__(
        self, inputs: ExportInputs, order: Sequence[str], *, unpredicted: bool, sort: bool = False
    ) -> None:
        self._path, self._unpredicted = inputs.predictions_path, unpredicted
        self._blocks = CellBlocks(inputs.cells_path, inputs.predictions_path, COLUMNS, labels=True, sort=sort)
        self.class_names = read_class_names(inputs.predictions_path)
        self._found, following = FoundCells(inputs.cells_path), iter(order)
        for block in self._blocks.read():
            # Searching goes on where the last field was found.
            if not all(image_id in following for image_id in block.image_ids):
                raise self._refuse()
            self._found.add(block)
        self._found.tell(unpredicted=unpredicted)
        self.image_ids = set(self._found.list_images(unpredicted=unpredicted))
        self.left_out = 0 if unpredicted else self._found.others
        self._fields = self._read()

    def represent(self) -> tuple[pd.DataFrame, pd.Series | None]:
        """Return cells that have all texts of the export's: first those of the predicted ones."""
        return self._found.represent(unpredicted=self._unpredicted)

    def rewind(self) -> None:
        """Let the fields be taken again, from the first one on."""
        self._fields = self._read()

    def take(self, image_id: str) -> PredictedField:
        """Return the cells of a field; none where it has none. Those before it cannot be taken any more.

        Raises
        ------
        OutOfStepError
            Fields are taken in another order.
        """
        if image_id not in self.image_ids:
            none, table = np.empty(0, np.intp), pd.DataFrame(columns=list(COLUMNS))
            probabilities = np.empty((0, len(self.class_names)), np.float32)
            labels = pd.Series([], dtype=object) if self._blocks.has_labels else None
            return PredictedField(none, none, table, probabilities, [], labels)
        field = next((field for name, field in self._fields if name == image_id), None)
        if field is None:
            raise self._refuse()
        return field

    def _read(self) -> Iterator[tuple[str, PredictedField]]:
        for block in self._blocks.read():
            ids = block.table["image_id"].to_numpy(object)
            # Where the probabilities of each cell are, if it has any.
            places = np.where(block.predictions >= 0, np.cumsum(block.predictions >= 0) - 1, -1)
            stored = None if block.labels is None else block.labels.tolist()
            bounds = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
            for start, stop in pairwise(bounds):
                rows = np.arange(start, stop)
                if not self._unpredicted:
                    rows = rows[places[rows] >= 0]
                yield ids[start], _arrange(block, stored, rows, places[rows])

    def _refuse(self) -> OutOfStepError:
        return OutOfStepError(found="cells in another order than the fields", where=self._path)


def _arrange(
    block: CellBlock, stored: list[str] | None, rows: NDArray[np.intp], places: NDArray[np.intp]
) -> PredictedField:
    """Arrange some cells of a block, whose probabilities and texts are in some places; -1 for none."""
    probabilities = np.full((len(rows), block.probabilities.shape[1]), np.nan, np.float32)
    probabilities[places >= 0] = block.probabilities[places[places >= 0]]
    texts = [stored[place] if stored and place >= 0 else None for place in places.tolist()]
    called = [
        None if place < 0 else find_called(text, values)
        for place, text, values in zip(places.tolist(), texts, probabilities, strict=True)
    ]
    # Rows that follow each other are not looked up one by one.
    is_run = len(rows) > 0 and int(rows[-1] - rows[0]) == len(rows) - 1
    table = block.table.iloc[int(rows[0]) : int(rows[-1]) + 1] if is_run else block.table.iloc[rows]
    table = table.reset_index(drop=True)
    labels = None if block.labels is None else pd.Series(texts, dtype=object)
    predicted = block.predictions[rows]
    return PredictedField(block.start + rows, predicted, table, probabilities, called, labels)


def open_fields(
    inputs: ExportInputs, order: Sequence[str], *, unpredicted: bool, sort: bool = True
) -> SuccessiveFields | PredictedFields:
    """Return the cells of an export that are taken field by field in some order.

    They are read as their turn comes where the cells have this order, and as a whole where they do not.

    Parameters
    ----------
    inputs, order, unpredicted
        As of ``SuccessiveFields``.
    sort
        Whether predictions in another order are sorted on the disk, too; for exports in which nothing follows
        their order.

    Raises
    ------
    InputError
        A table is missing or damaged, or does not fit the others.
    """
    for is_sorted in (False, True) if sort else (False,):
        try:
            return SuccessiveFields(inputs, order, unpredicted=unpredicted, sort=is_sorted)
        except OutOfStepError:
            continue
    return PredictedFields(inputs, unpredicted=unpredicted)
