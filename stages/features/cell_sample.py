"""The cells of a feature analysis, each with one class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.features.sampling import draw_evenly
from data.labels.label_file import check_coverage, read_labels
from data.labels.label_set import LabelSet
from data.predictions.predictions_table import probability_columns, read_class_names, read_predictions
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
    table = read_cells(inputs.cells_path, [*_CELL, "area_px", "nucleus_area_px", "dropped"])
    kept = table[table["dropped"] == ""].drop(columns="dropped")
    if labels is not None:
        names, source = class_names, f"the single label of its image in {labels.name}"
        classes = _class_by_label(kept, labels, class_names)
    else:
        names = read_class_names(predictions) if predictions.is_file() else ()
        source = f"the likeliest in {predictions.name}"
        classes = _class_by_prediction(kept, predictions)
    known = np.flatnonzero(classes >= 0)
    if len(known) < LEAST_CELLS:
        raise InputError(
            found=f"{len(known)} cells with a class, of {len(kept)}",
            where=labels or predictions,
            expected=f"{LEAST_CELLS} or more, each with {source}",
            advice="segment more fields" if labels is None else "label more images, or leave --labels out",
        )
    drawn = known[draw_evenly(classes[known], count, seed)]
    left_out = len(kept) - len(known)
    return CellSample(kept.iloc[drawn], classes[drawn], tuple(names), source, len(known), left_out)


def _class_by_label(table: pd.DataFrame, labels: Path, class_names: tuple[str, ...]) -> NDArray[np.int64]:
    labels_by_image = read_labels(labels, LabelSet(names=class_names, title="of the classifier"))
    check_coverage(labels_by_image, table["image_id"], where=labels)
    single = {image_id: numbers[0] for image_id, numbers in labels_by_image.items() if len(numbers) == 1}
    return np.array([single.get(image_id, -1) for image_id in table["image_id"]], np.int64)


def _class_by_prediction(table: pd.DataFrame, predictions: Path) -> NDArray[np.int64]:
    predicted = read_predictions(predictions, embedding=False)
    likeliest = predicted[probability_columns(predicted.columns)].to_numpy().argmax(axis=1)
    joined = table[_CELL].merge(predicted[_CELL].assign(likeliest=likeliest), how="left", on=_CELL)
    return joined["likeliest"].fillna(-1).to_numpy(np.int64)
