"""All cells of an export with what is known of them, some thousands at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.export.cell_annotations import CELL, MEASURED
from data.predictions.cell_blocks import CellBlock, CellBlocks, OutOfStepError
from data.predictions.stored_predictions import StoredPredictions
from stages.export.annotations import Annotator, annotate_cells
from stages.export.paths import ExportInputs
from stages.export.predicted_cells import choose_cells, tell_left_out

_COLUMNS = (*CELL, *MEASURED, "dropped", "group")
_TEXTS = ("image_id", "group", "dropped")


@dataclass(frozen=True)
class DescribedPart:
    """Some successive cells of an export.

    Attributes
    ----------
    start
        Which of all cells the first of them is.
    table
        Their rows of the cells table.
    known
        What is known of them; the categories may be some of those of all cells.
    """

    start: int
    table: pd.DataFrame
    known: pd.DataFrame


class DescribedParts(Protocol):
    """The cells of an export: first those of the predictions, in their order.

    Attributes
    ----------
    count
        How many they are.
    left_out
        Cells that were not predicted, and are left out.
    template
        Columns of what is known of them, with all categories, and no row.
    """

    count: int
    left_out: int
    template: pd.DataFrame

    def read(self) -> Iterator[DescribedPart]:
        """Read all cells; those that were not predicted may come between the others."""
        ...


class SuccessiveParts:
    """The cells of tables that have one order, of which no more than some thousands are in memory.

    Parameters
    ----------
    inputs
        The tables.
    names
        Names of the predicted classes.
    unpredicted
        Whether to add the cells that were not predicted.
    label_set
        Label set of the label file; None for the predicted classes.

    Raises
    ------
    OutOfStepError
        The tables have other orders, do not fit each other, or no cell was predicted.
    InputError
        The images table or the label file is missing or damaged.
    """

    def __init__(
        self, inputs: ExportInputs, names: tuple[str, ...], label_set: str | None, *, unpredicted: bool
    ) -> None:
        self._blocks = CellBlocks(inputs.cells_path, inputs.predictions_path, _COLUMNS, labels=True)
        self._unpredicted = unpredicted
        found = _Found(), _Found()
        self._predicted = kept = 0
        first = None
        for block in self._blocks.read():
            first = block.table.iloc[:1] if first is None else first
            if not block.table.dtypes.equals(first.dtypes):
                raise OutOfStepError(found="columns of several types", where=inputs.cells_path)
            is_other = block.predictions < 0
            kept += int((block.table["dropped"].to_numpy(object)[is_other] == "").sum())
            found[0].add(block.table[~is_other], block.labels)
            found[1].add(block.table[is_other], None)
        self._predicted, others = (each.count for each in found)
        if first is None or not self._predicted:
            raise OutOfStepError(found="no cell was predicted", where=inputs.predictions_path)
        tell_left_out(kept, others, unpredicted=unpredicted)
        self.count = self._predicted + (others if unpredicted else 0)
        self.left_out = 0 if unpredicted else others
        if unpredicted:
            found[0].join(found[1])
        self._annotator = Annotator(inputs, found[0].texts["image_id"], names, label_set)
        table, labels = found[0].represent(first)
        self.template = self._annotator.annotate(table, labels if self._blocks.has_labels else None).iloc[:0]

    def read(self) -> Iterator[DescribedPart]:
        """Read all cells; those that were not predicted come between the others.

        Raises
        ------
        OutOfStepError
            A file was changed.
        """
        predicted, others = 0, self._predicted
        for block in self._blocks.read():
            is_predicted = block.predictions >= 0
            part = self._describe(block, is_predicted, predicted, block.labels)
            predicted += len(part.table)
            yield part
            if self._unpredicted:
                missing = None
                if block.labels is not None:
                    missing = pd.Series([None] * int((~is_predicted).sum()), dtype=object)
                part = self._describe(block, ~is_predicted, others, missing)
                others += len(part.table)
                yield part

    def _describe(
        self, block: CellBlock, is_chosen: NDArray[np.bool_], start: int, labels: pd.Series | None
    ) -> DescribedPart:
        table = block.table[is_chosen].reset_index(drop=True)
        texts = None if labels is None else labels.reset_index(drop=True)
        return DescribedPart(start, table, self._annotator.annotate(table, texts))


class WholeParts:
    """The cells of tables in any order, which are read as a whole.

    Raises
    ------
    InputError
        As `choose_cells` and `annotate_cells` say.
    """

    def __init__(
        self,
        inputs: ExportInputs,
        predictions: StoredPredictions,
        label_set: str | None,
        *,
        unpredicted: bool,
    ) -> None:
        cells = choose_cells(inputs, predictions, unpredicted=unpredicted)
        self.count, self.left_out = len(cells.table), cells.left_out
        known = annotate_cells(inputs, cells, predictions.class_names, label_set)
        self.template, self._all = known.iloc[:0], DescribedPart(0, cells.table, known)

    def read(self) -> Iterator[DescribedPart]:
        """Yield all cells."""
        yield self._all


class _Found:
    """The different texts of cells, each in the order in which they first come."""

    def __init__(self) -> None:
        self.count = 0
        self.texts: dict[str, dict[str, None]] = {name: {} for name in (*_TEXTS, "labels")}

    def add(self, table: pd.DataFrame, labels: pd.Series | None) -> None:
        self.count += len(table)
        for name in _TEXTS:
            self.texts[name].update(dict.fromkeys(table[name].unique().tolist()))
        if labels is not None:
            self.texts["labels"].update(dict.fromkeys(labels.dropna().unique().tolist()))

    def join(self, following: "_Found") -> None:
        for name, texts in self.texts.items():
            texts.update(following.texts[name])

    def represent(self, row: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
        """Return the fewest cells, like a given one, that have all texts; and their labels."""
        count = max(map(len, self.texts.values()))
        columns = {name: _fill(list(texts), count) for name, texts in self.texts.items()}
        labels = pd.Series(columns.pop("labels"), dtype=object)
        table = row.iloc[[0] * count]
        return table.reset_index(drop=True).assign(**columns).astype(row.dtypes.to_dict()), labels


def _fill(texts: Sequence[str], count: int) -> list[Any]:
    """Return so many texts, of which the last ones are the first again; None where there is none."""
    return [*texts, *([texts[0] if texts else None] * (count - len(texts)))]


def open_parts(
    inputs: ExportInputs, predictions: StoredPredictions, label_set: str | None, *, unpredicted: bool
) -> DescribedParts:
    """Return the cells of an export, which are read part by part where the tables have one order.

    Raises
    ------
    InputError
        A table is missing or damaged or does not fit the others, or no cell was predicted.
    """
    try:
        return SuccessiveParts(inputs, predictions.class_names, label_set, unpredicted=unpredicted)
    except OutOfStepError:
        return WholeParts(inputs, predictions, label_set, unpredicted=unpredicted)
