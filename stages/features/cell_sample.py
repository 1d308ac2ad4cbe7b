"""The cells of a feature analysis, each with one class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from data.cells.cells_table import cells_file_errors, read_cells
from data.cells.kept_cells import KeptCells
from data.errors import InputError
from data.features.sampling import draw_evenly
from data.labels.coverage import check_coverage
from data.labels.label_file import read_labels
from data.labels.label_set import LabelSet
from data.predictions.cell_blocks import CellBlocks, OutOfStepError
from data.predictions.predictions_table import probability_columns, read_class_names, read_predictions
from data.tables.parquet_rows import read_batches
from stages.features.paths import FeaturesInputs

LEAST_CELLS = 10
"""Cells without which a correlation says nothing."""

_CELL = ["image_id", "cell_id"]


@dataclass(frozen=True)
class CellSample:
    """Some cells with a class each.

    Attributes
    ----------
    table
        (n rows) image_id, cell_id, area_px, nucleus_area_px; the index is the row of the tile store.
    classes
        (n,) class number of each.
    names
        Names of all classes.
    source
        What a cell's class is, for people.
    available
        Cells with a class, of which these were drawn.
    left_out
        Kept cells without one.
    """

    table: pd.DataFrame
    classes: NDArray[np.int64]
    names: tuple[str, ...]
    source: str
    available: int
    left_out: int

    @property
    def rows(self) -> NDArray[np.intp]:
        """Rows of the tile store, (n,)."""
        return self.table.index.to_numpy(np.intp)

    def count_classes(self) -> dict[str, int]:
        """Count the cells of each class that has any, by number and name."""
        counts = np.bincount(self.classes, minlength=len(self.names))
        return {f"{label} {self.names[label]}": int(counts[label]) for label in np.flatnonzero(counts)}


def choose_sample(inputs: FeaturesInputs, class_names: tuple[str, ...], count: int, seed: int) -> CellSample:
    """Draw kept cells, evenly over their classes.

    With a label file a cell's class is the single label of its image, and cells of images with several
    labels, or none, are left out; without one it is the likeliest of the predictions.

    Parameters
    ----------
    inputs
        Names the tables and the label file.
    class_names
        Names of the classifier's classes, which the labels are of.
    count, seed
        How many cells at most, and which.

    Raises
    ------
    InputError
        A file is missing or does not fit the others, or fewer than ten cells have a class.
    """
    labels, predictions = inputs.labels_path, inputs.predictions_path
    if labels is not None:
        names, source = class_names, f"the single label of its image in {labels.name}"
        rows, classes = _class_by_label(inputs.cells_path, labels, class_names)
    else:
        names = read_class_names(predictions) if predictions.is_file() else ()
        source = f"the likeliest in {predictions.name}"
        rows, classes = _class_by_prediction(inputs.cells_path, predictions)
    known = np.flatnonzero(classes >= 0)
    if len(known) < LEAST_CELLS:
        raise InputError(
            found=f"{len(known)} cells with a class, of {len(rows)}",
            where=labels or predictions,
            expected=f"{LEAST_CELLS} or more, each with {source}",
            advice="segment more fields" if labels is None else "label more images, or leave --labels out",
        )
    drawn = known[draw_evenly(classes[known], count, seed)]
    table = _read_rows(inputs.cells_path, rows[drawn])
    left_out = len(rows) - len(known)
    return CellSample(table, classes[drawn].astype(np.int64), tuple(names), source, len(known), left_out)


def _class_by_label(
    cells: Path, labels: Path, class_names: tuple[str, ...]
) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    """Return the rows of the kept cells, (n,), and the class of each, -1 for none."""
    kept = KeptCells(cells)
    labels_by_image = read_labels(labels, LabelSet(names=class_names, title="of the classifier"))
    single = {image_id: numbers[0] for image_id, numbers in labels_by_image.items() if len(numbers) == 1}
    images, classes = set[str](), [np.zeros(0, np.int16)]
    for table in kept.read():
        codes, names = pd.factorize(table["image_id"])
        images.update(names)
        classes.append(np.array([single.get(name, -1) for name in names], np.int16)[codes])
    check_coverage(labels_by_image, images, where=labels)
    return kept.rows, np.concatenate(classes)


def _class_by_prediction(cells: Path, predictions: Path) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    """Return the rows of the kept cells, (n,), and the class of each, -1 for none.

    Where the cells are in order, some thousands of rows are read at a time.
    """
    for sort in (False, True):
        try:
            return _class_blocks(CellBlocks(cells, predictions, [*_CELL, "dropped"], sort=sort))
        except OutOfStepError:
            continue
    return _class_mixed(cells, predictions)


def _class_blocks(blocks: CellBlocks) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    rows, classes = [np.zeros(0, np.intp)], [np.zeros(0, np.int16)]
    for block in blocks.read():
        likeliest = np.full(len(block.table), -1, np.int16)
        likeliest[block.predictions >= 0] = block.probabilities.argmax(axis=1)
        kept = np.flatnonzero(block.table["dropped"] == "")
        rows.append(block.start + kept)
        classes.append(likeliest[kept])
    return np.concatenate(rows), np.concatenate(classes)


def _class_mixed(cells: Path, predictions: Path) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    table = read_cells(cells, [*_CELL, "dropped"])
    rows = np.flatnonzero(table["dropped"] == "")
    predicted = read_predictions(predictions, embedding=False)
    likeliest = predicted[probability_columns(predicted.columns)].to_numpy().argmax(axis=1)
    joined = table.loc[rows, _CELL].merge(predicted[_CELL].assign(likeliest=likeliest), how="left", on=_CELL)
    return rows, joined["likeliest"].fillna(-1).to_numpy(np.int16)


def _read_rows(cells: Path, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Read some rows of the cells table, ascending, by whose numbers they are indexed."""
    parts, start = list[pa.Table](), 0
    with cells_file_errors(cells):
        for batch in read_batches(cells, columns=[*_CELL, "area_px", "nucleus_area_px"]):
            first, last = np.searchsorted(rows, [start, start + len(batch)])
            parts.append(pa.Table.from_batches([batch]).take(pa.array(rows[first:last] - start)))
            start += len(batch)
        return pa.concat_tables(parts).to_pandas().set_index(pd.Index(rows))
