"""The predicted cells of labelled images, with the classes that were found and the true ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.cells_of_images import read_cells_of_images
from data.cells.cells_table import read_cells
from data.errors import InputError
from data.labels.corrections import MEASURED, CellKey, match_corrections, read_corrections
from data.labels.coverage import check_coverage
from data.labels.label_file import parse_labels, read_labels
from data.labels.label_set import LabelSet
from data.predictions.cell_blocks import CellBlocks
from data.predictions.predictions_table import probability_columns, read_predictions
from stages.evaluate.levels import Judged
from stages.evaluate.paths import EvaluateInputs

_CELL = ["image_id", "cell_id"]


@dataclass(frozen=True)
class LabelledPart:
    """Some cells that are judged, and those by which their images are: these need not be the same.

    Attributes
    ----------
    cells
        Cells with a label of their own, by a correction, or else of their image; without those of which a
        correction says only that they are wrong.
    of_images
        The cells of labelled images with the labels of these.
    corrected
        How many of the cells are judged by a correction.
    """

    cells: Judged
    of_images: Judged
    corrected: int


class LabelledCells:
    """Read the cells to judge, all of some images at a time; their names are those of their images.

    Parameters
    ----------
    inputs
        Paths of the tables, the label file and the corrections.
    names
        Names of the classes.
    threshold
        Probability from which each class is found; None for the classes that predict has called.
    """

    def __init__(self, inputs: EvaluateInputs, names: Sequence[str], threshold: float | None) -> None:
        self._inputs, self._threshold = inputs, threshold
        self._label_set = LabelSet(names=tuple(names), title=f"of {inputs.predictions_path}")
        self._images: set[str] = set()

    def read(self) -> Iterator[LabelledPart]:
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
                predicted["cell_id"].to_numpy(),
                (predicted["dropped"] == "").to_numpy(bool),
                np.asarray(block.probabilities),
                labels,
            )

    def read_whole(self) -> Iterator[LabelledPart]:
        """Read them from tables in any order, all at once.

        Raises
        ------
        InputError
            A file is missing or does not fit the others.
        """
        table = _join(self._inputs)
        yield from self._choose(
            table["image_id"].to_numpy(),
            table["cell_id"].to_numpy(),
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

    @cached_property
    def corrections(self) -> Mapping[CellKey, tuple[int, ...] | None]:
        """What was said of cells that are there: their own classes, None where these are not known."""
        path = self._inputs.corrections_path
        if path is None:
            return {}
        cells, found = self._inputs.cells_path, read_corrections(path, self._label_set)
        marked = read_cells_of_images(cells, [*_CELL, *MEASURED], {image_id for image_id, _ in found})
        return match_corrections(found, marked, lambda: read_cells(cells, ["image_id"])["image_id"], path)

    def _choose(
        self,
        image_ids: NDArray[np.object_],
        cell_ids: NDArray[np.integer],
        kept: NDArray[np.bool_],
        probabilities: NDArray[np.floating],
        labels: NDArray[np.object_] | None,
    ) -> Iterator[LabelledPart]:
        """Choose the kept cells of labelled images, or with labels of their own, if there are any."""
        codes, images = pd.factorize(image_ids)
        self._images.update(images)
        true = [self._true.get(image, ()) for image in images]
        is_labelled = np.array([bool(classes) for classes in true], bool)[codes]
        own = self._find_own(images[codes], cell_ids)
        wanted = is_labelled.copy()
        wanted[list(own)] = True
        chosen = np.flatnonzero(kept & wanted)
        if not len(chosen):
            return
        probabilities = probabilities[chosen]
        if self._threshold is not None or labels is None:
            decisions = probabilities >= (0.5 if self._threshold is None else self._threshold)
        else:
            decisions = self._read_called(labels[chosen])
        targets = _mark(true, len(self._label_set))[codes[chosen]]
        judged = Judged(images.astype(str)[codes[chosen]], probabilities, decisions, targets)
        said = {place: own[row] for place, row in enumerate(chosen.tolist()) if row in own}
        yield _correct(judged, is_labelled[chosen], said)

    def _find_own(
        self, image_ids: NDArray[np.object_], cell_ids: NDArray[np.integer]
    ) -> dict[int, tuple[int, ...] | None]:
        """Return what corrections say of cells by their row."""
        if not self.corrections:
            return {}
        named = pd.Index(image_ids).isin([image_id for image_id, _ in self.corrections])
        rows = np.flatnonzero(named).tolist()
        keys = {row: (str(image_ids[row]), int(cell_ids[row])) for row in rows}
        return {row: self.corrections[key] for row, key in keys.items() if key in self.corrections}

    def _read_called(self, labels: NDArray[np.object_]) -> NDArray[np.bool_]:
        codes, texts = pd.factorize(labels)
        where = str(self._inputs.predictions_path)
        called = [parse_labels(text, self._label_set, where=where) if text else () for text in texts]
        # That of a text that is missing is -1, which has no class.
        return _mark([*called, ()], len(self._label_set))[codes]


def _correct(
    judged: Judged, is_labelled: NDArray[np.bool_], own: Mapping[int, tuple[int, ...] | None]
) -> LabelledPart:
    """Judge some cells, by their row, by their own classes; leave out those whose classes are not known."""
    if not own:
        return LabelledPart(judged, judged, 0)
    targets, known = judged.targets.copy(), np.ones(len(is_labelled), bool)
    for row, classes in own.items():
        known[row] = classes is not None
        targets[row] = False
        targets[row, list(classes or ())] = True
    cells = replace(judged, targets=targets).take(known)
    corrected = sum(classes is not None for classes in own.values())
    return LabelledPart(cells, judged.take(is_labelled), corrected)


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
