"""The predicted cells of labelled images, with the classes that were found and the true ones."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_table import read_cells
from data.errors import InputError
from data.labels.coverage import check_coverage
from data.labels.label_file import parse_labels, read_labels
from data.labels.label_set import LabelSet
from data.predictions.cell_blocks import CellBlocks
from data.predictions.predictions_table import probability_columns, read_predictions
from stages.evaluate.levels import Judged
from stages.evaluate.paths import EvaluateInputs

_CELL = ["image_id", "cell_id"]


class LabelledCells:
    """Read the cells to judge, all of some images at a time; their names are those of their images.

    Parameters
    ----------
    inputs
        Paths of the tables and the label file.
    names
        Names of the classes.
    threshold
        Probability from which each class is found; None for the classes that predict has called.
    """

    def __init__(self, inputs: EvaluateInputs, names: Sequence[str], threshold: float | None) -> None:
        self._inputs, self._threshold = inputs, threshold
        self._label_set = LabelSet(names=tuple(names), title=f"of {inputs.predictions_path}")
        self._images: set[str] = set()

    def read(self) -> Iterator[Judged]:
        """Read them from tables in one order, a few thousand at a time.

        Raises
        ------
        InputError
            A file is missing or does not fit the others.
        OutOfStepError
            The tables are in different orders, or one is no table; maybe after some cells.
        """
        cells, predictions = self._inputs.cells_path, self._inputs.predictions_path
        for block in CellBlocks(cells, predictions, [*_CELL, "dropped"], labels=True).read():
            predicted = block.table[block.predictions >= 0]
            labels = None if block.labels is None else block.labels.to_numpy()
            yield from self._choose(
                predicted["image_id"].to_numpy(),
                (predicted["dropped"] == "").to_numpy(bool),
                np.asarray(block.probabilities),
                labels,
            )

    def read_whole(self) -> Iterator[Judged]:
        """Read them from tables in any order, all at once.

        Raises
        ------
        InputError
            A file is missing or does not fit the others.
        """
        table = _join(self._inputs)
        yield from self._choose(
            table["image_id"].to_numpy(),
            (table["dropped"] == "").to_numpy(bool),
            table[probability_columns(table.columns)].to_numpy(),
            table["labels"].to_numpy() if "labels" in table.columns else None,
        )

    def check(self, count: int) -> None:
        """Check that the labels cover some of the images, and that so many cells are some.

        Raises
        ------
        InputError
            They cover none, or no cell is left.
        """
        check_coverage(self._true, self._images, where=self._inputs.labels_path)
        if not count:
            raise InputError(
                found="no cell of the labelled images is left",
                where=self._inputs.cells_path,
                expected="cells that no filter of the crops stage dropped",
                advice="give the labels of other images, or loosen the filters of `hpacells crops`",
            )

    @cached_property
    def _true(self) -> Mapping[str, tuple[int, ...]]:
        return read_labels(self._inputs.labels_path, self._label_set)

    def _choose(
        self,
        image_ids: NDArray[np.object_],
        kept: NDArray[np.bool_],
        probabilities: NDArray[np.floating],
        labels: NDArray[np.object_] | None,
    ) -> Iterator[Judged]:
        """Choose the kept cells of labelled images, if there are any."""
        codes, images = pd.factorize(image_ids)
        self._images.update(images)
        true = [self._true.get(image, ()) for image in images]
        chosen = np.flatnonzero(kept & np.array([bool(classes) for classes in true], bool)[codes])
        if not len(chosen):
            return
        probabilities = probabilities[chosen]
        if self._threshold is not None or labels is None:
            decisions = probabilities >= (0.5 if self._threshold is None else self._threshold)
        else:
            decisions = self._read_called(labels[chosen])
        targets = _mark(true, len(self._label_set))[codes[chosen]]
        yield Judged(images.astype(str)[codes[chosen]], probabilities, decisions, targets)

    def _read_called(self, labels: NDArray[np.object_]) -> NDArray[np.bool_]:
        codes, texts = pd.factorize(labels)
        where = str(self._inputs.predictions_path)
        called = [parse_labels(text, self._label_set, where=where) if text else () for text in texts]
        # That of a text that is missing is -1, which has no class.
        return _mark([*called, ()], len(self._label_set))[codes]


def _join(inputs: EvaluateInputs) -> pd.DataFrame:
    predictions, cells = inputs.predictions_path, inputs.cells_path
    table = read_cells(cells, [*_CELL, "dropped"])
    joined = read_predictions(predictions, embedding=False).merge(table, how="left", on=_CELL)
    unknown = joined[joined["dropped"].isna()]
    if len(unknown):
        first = f"cell {unknown['cell_id'].iloc[0]} of image {unknown['image_id'].iloc[0]}"
        raise InputError(
            found=f"predictions of {len(unknown)} cells that {cells} lacks, first {first}",
            where=predictions,
            expected="predictions of these cells",
            advice="run `hpacells predict` again",
        )
    return joined


def _mark(classes: Sequence[Sequence[int]], count: int) -> NDArray[np.bool_]:
    marks = np.zeros((len(classes), count), bool)
    for row, numbers in enumerate(classes):
        marks[row, list(numbers)] = True
    return marks
