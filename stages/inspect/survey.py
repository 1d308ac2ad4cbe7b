"""Looking at all cells of a set once, and keeping those that a report shows."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.labels.label_set import LabelSet
from data.predictions.cell_blocks import CellBlocks, OutOfStepError
from stages.inspect.cells.cell_facts import COLUMNS, CellFacts, GivenClasses
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.inspect.tally.cell_tally import CellTally


class _Part(NamedTuple):
    """All cells of some images: their rows of the cells table, where these are, and what was predicted."""

    table: pd.DataFrame
    rows: NDArray[np.intp]
    predicted: PredictedCells


def survey_cells(
    cells: Path, predictions: Path, shown: Collection[str], label_set: LabelSet, given: GivenClasses
) -> tuple[CellTally, CellFacts]:
    """Count all cells, and return with that what is said of those in the images that are shown.

    Of the others no more than some thousands are in memory at a time, where the cells have the order in which
    `segment` writes them; predictions in another one are sorted on the disk. Other cells are read as a whole.

    Parameters
    ----------
    cells, predictions
        The tables.
    shown
        Image IDs.
    label_set
        Classes of the predictions.
    given
        The classes that were given.

    Raises
    ------
    InputError
        A table is missing or is none.
    """
    wanted = set(shown)
    for sort in (False, True):
        try:
            return _survey(_read_parts(cells, predictions, label_set, sort=sort), wanted, given)
        except OutOfStepError:
            continue
    return _survey([_read_whole(cells, predictions)], wanted, given)


def _survey(parts: Iterable[_Part], shown: set[str], given: GivenClasses) -> tuple[CellTally, CellFacts]:
    tally, kept = CellTally(given), list[_Part]()
    for part in parts:
        tally.add(CellFacts(part.table, part.predicted, given, part.rows))
        is_shown = part.table["image_id"].isin(shown).to_numpy(bool)
        # One part, of no cell too, has the columns.
        if is_shown.any() or not kept:
            places = np.flatnonzero(is_shown)
            kept.append(_Part(part.table.iloc[places], part.rows[places], part.predicted.take(places)))
    tables, rows, predicted = zip(*kept, strict=True)
    table = pd.concat(tables, ignore_index=True)
    return tally, CellFacts(table, PredictedCells.join(predicted), given, np.concatenate(rows))


def _read_parts(cells: Path, predictions: Path, label_set: LabelSet, *, sort: bool) -> Iterator[_Part]:
    is_empty = True
    for block in CellBlocks(cells, predictions, COLUMNS, labels=True, sort=sort).read():
        is_empty = False
        rows = block.start + np.arange(len(block.table))
        predicted = PredictedCells.arrange(label_set, block.predictions, block.probabilities, block.labels)
        yield _Part(block.table, rows, predicted)
    if is_empty:
        yield _read_whole(cells, predictions)


def _read_whole(cells: Path, predictions: Path) -> _Part:
    table = read_cells(cells, list(COLUMNS))
    return _Part(table, np.arange(len(table)), PredictedCells.read(predictions, table))
