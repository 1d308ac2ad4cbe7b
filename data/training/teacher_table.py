"""What a teacher says of the cells of a work folder: its predictions, out-of-fold where there are such."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from data.cells.cells_table import count_cells, read_cells
from data.errors import InputError
from data.labels.label_set import find_unshared
from data.predictions.cell_blocks import CellBlocks, OutOfStepError
from data.predictions.predictions_table import (
    probability_columns,
    read_class_names,
    read_image_weight,
    read_predictions,
)
from data.rules.image_mean import without_image_mean
from data.tables.coded_texts import CodedTexts, order_texts

_CELL = ["image_id", "cell_id"]
_COLUMNS = [*_CELL, "dropped", "group"]


@dataclass(frozen=True)
class TeacherTable:
    """What a teacher says of the kept cells of one work folder.

    Attributes
    ----------
    rows
        (n,) rows of the cells table: the kept cells that the teacher predicted.
    image_ids, cell_ids
        (n,) the image, by numbers in the order of the images' IDs, and the number of each.
    groups
        (m,) the group of each of the images.
    probabilities
        (n, classes) float32: of each cell alone, without the mean of its image.
    is_out_of_fold
        (n,) bool: predicted by classifiers that were not trained on the cell.
    missing
        Kept cells that the teacher did not predict.
    image_weight
        The weight that the mean of the image has in the teacher's probabilities.
    """

    rows: NDArray[np.intp]
    image_ids: CodedTexts
    cell_ids: NDArray[np.integer]
    groups: CodedTexts
    probabilities: NDArray[np.float32]
    is_out_of_fold: NDArray[np.bool_]
    missing: int
    image_weight: float


@dataclass(frozen=True)
class _Part:
    """Kept cells of some images: their rows, columns of the cells table, and what is said of them, or NaN."""

    rows: NDArray[np.intp]
    cells: pd.DataFrame
    said: NDArray[np.float64]


def read_teacher(
    cells: Path,
    predictions: Path,
    out_of_fold: Path | None,
    class_names: tuple[str, ...],
    out_of_fold_weight: float = 0.0,
) -> TeacherTable:
    """Read what a teacher says of the kept cells of a work folder, each by itself.

    Tables in the order in which `segment`, `predict` and `train` write them are read side by side, some
    thousands of rows at a time; predictions in another one are sorted on the disk first. Cells in another
    one are read as a whole.

    Parameters
    ----------
    cells
        The cells table.
    predictions
        Predictions table of the teacher.
    out_of_fold
        Its out-of-fold predictions, which take the place of the others where there are any; or None.
    class_names
        The classes that both tables must have.
    out_of_fold_weight
        The weight of the image's mean in these.

    Raises
    ------
    InputError
        A file is missing, is no cells or predictions table, is one of other classes, or does not tell how it
        was averaged; or the predictions are of none of the kept cells.
    """
    weight = read_image_weight(predictions)
    if weight is None:
        raise InputError(
            found="predictions that do not tell what part the mean of the image has in them",
            where=predictions,
            expected="what `hpacells predict` of this version writes",
            advice="run `hpacells predict` again",
        )
    weights = {predictions: weight} | ({} if out_of_fold is None else {out_of_fold: out_of_fold_weight})
    for path in weights:
        _check_classes(path, class_names)
    for read in (_read_parts, partial(_read_parts, sort=True)):
        try:
            return _collect(cells, weights, len(class_names), read)
        except OutOfStepError:
            continue
    return _collect(cells, weights, len(class_names), _read_whole)


def _collect(
    cells: Path,
    weights: Mapping[Path, float],
    classes: int,
    read: Callable[[Path, Path, float], Iterator[_Part]],
) -> TeacherTable:
    """Collect what the first of some tables says, or the second, where there is one and it says something."""
    predictions, weight = next(iter(weights.items()))
    kept, said_of = 0, 0
    chosen = _Chosen(count_cells(cells), classes)
    for part, *unseen in zip(*(read(cells, path, own) for path, own in weights.items()), strict=True):
        kept, said_of = kept + len(part.rows), said_of + int(np.isfinite(part.said).all(axis=1).sum())
        is_unseen = np.zeros(len(part.rows), bool)
        for other in unseen:
            is_unseen = np.isfinite(other.said).all(axis=1)
            part.said[is_unseen] = other.said[is_unseen]
        known = np.isfinite(part.said).all(axis=1)
        chosen.add(part.rows[known], part.cells[known], part.said[known], is_unseen[known])
    if not said_of:
        raise InputError(
            found=f"predictions of none of the {kept} kept cells",
            where=predictions,
            expected="those of the cells of this work folder",
            advice="run `hpacells predict` again",
        )
    return chosen.arrange(kept, weight)


class _Chosen:
    """Cells of which something is said, in arrays for so many; what is not filled takes no memory."""

    def __init__(self, cells: int, classes: int) -> None:
        self._count, self._image_ids, self._groups = 0, list[pa.Array](), list[pa.Array]()
        self._image_count = 0
        self._rows, self._images, self._cell_ids = (np.empty(cells, kind) for kind in (np.intp, "i4", "i4"))
        self._said, self._is_unseen = np.empty((cells, classes), np.float32), np.empty(cells, bool)

    def add(
        self,
        rows: NDArray[np.intp],
        cells: pd.DataFrame,
        said: NDArray[np.float64],
        is_unseen: NDArray[np.bool_],
    ) -> None:
        """Take more cells, of images of which none were taken before."""
        into = slice(self._count, self._count + len(rows))
        codes, names = pd.factorize(cells["image_id"])
        self._rows[into], self._images[into] = rows, codes + self._image_count
        self._image_count += len(names)
        first = cells.iloc[np.unique(codes, return_index=True)[1]]
        self._image_ids.append(pa.array(first["image_id"].to_numpy(object), pa.string()))
        self._groups.append(pa.array(first["group"].to_numpy(object), pa.string()))
        self._cell_ids[into], self._said[into] = cells["cell_id"].to_numpy(), said
        self._is_unseen[into] = is_unseen
        self._count = into.stop

    def arrange(self, kept: int, weight: float) -> TeacherTable:
        """Return the table of all of them, of so many kept cells."""
        there = slice(0, self._count)
        image_ids = pa.concat_arrays(self._image_ids)
        images = CodedTexts(self._images[there], image_ids).sort()
        groups = CodedTexts.encode(self._groups)[order_texts(image_ids)]
        return TeacherTable(
            self._rows[there],
            images,
            self._cell_ids[there],
            groups,
            self._said[there],
            self._is_unseen[there],
            kept - self._count,
            weight,
        )


def _read_parts(cells: Path, path: Path, weight: float, *, sort: bool = False) -> Iterator[_Part]:
    """Read what a table says of the kept cells, from tables in one order, or sorted first."""
    for block in CellBlocks(cells, path, _COLUMNS, sort=sort).read():
        kept = np.flatnonzero(block.table["dropped"] == "")
        said = np.full((len(block.table), block.probabilities.shape[1]), np.nan)
        said[block.predictions >= 0] = block.probabilities
        yield _make_part(block.start + kept, block.table.iloc[kept], said[kept], weight)


def _read_whole(cells: Path, path: Path, weight: float) -> Iterator[_Part]:
    """Read what a table says of the kept cells, from tables in any order."""
    table = read_cells(cells, _COLUMNS)
    kept = np.flatnonzero(table["dropped"] == "")
    chosen = table.iloc[kept]
    predicted = read_predictions(path, embedding=False)
    wanted = pd.MultiIndex.from_arrays([chosen["image_id"].to_numpy(str), chosen["cell_id"].to_numpy()])
    said = predicted.set_index(_CELL)[probability_columns(predicted.columns)].reindex(wanted)
    yield _make_part(kept, chosen, said.to_numpy(np.float64, copy=True), weight)


def _make_part(
    rows: NDArray[np.intp], cells: pd.DataFrame, said: NDArray[np.float64], weight: float
) -> _Part:
    known = np.isfinite(said).all(axis=1)
    # Where the image's mean is all that there is, it is all that can be learnt.
    if 0 < weight < 1:
        said[known] = without_image_mean(said[known], cells["image_id"].to_numpy(str)[known], weight)
    return _Part(rows, cells, said)


def _check_classes(path: Path, class_names: tuple[str, ...]) -> None:
    predicted = read_class_names(path)
    if predicted == class_names:
        return
    other = find_unshared(predicted, class_names)
    raise InputError(
        found=f"predictions of {len(predicted)} classes"
        + (f", {other} in one set only" if other else " in another order"),
        where=path,
        expected=f"the {len(class_names)} classes of the label set, in their order",
        advice="name the label set of the teacher with --set train.label_set=NAME_OR_FILE",
    )
