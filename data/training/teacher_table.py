"""What a teacher says of the cells of a work folder: its predictions, out-of-fold where there are such."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.label_set import find_unshared
from data.predictions.predictions_table import (
    probability_columns,
    read_class_names,
    read_image_weight,
    read_predictions,
)
from data.rules.image_mean import without_image_mean


@dataclass(frozen=True)
class TeacherTable:
    """What a teacher says of the kept cells of one work folder.

    Attributes
    ----------
    rows
        (n,) rows of the cells table: the kept cells that the teacher predicted.
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
    probabilities: NDArray[np.float32]
    is_out_of_fold: NDArray[np.bool_]
    missing: int
    image_weight: float


def read_teacher(
    cells: pd.DataFrame,
    predictions: Path,
    out_of_fold: Path | None,
    class_names: tuple[str, ...],
    out_of_fold_weight: float = 0.0,
) -> TeacherTable:
    """Read what a teacher says of the kept cells of a work folder, each by itself.

    Parameters
    ----------
    cells
        Cells table with ``image_id``, ``cell_id`` and ``dropped``.
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
        A file is no predictions table, is one of other classes, or does not tell how it was averaged; or the
        predictions are of none of the kept cells.
    """
    kept = np.flatnonzero(cells["dropped"].to_numpy(dtype=str) == "")
    chosen = cells.iloc[kept]
    weight = read_image_weight(predictions)
    if weight is None:
        raise InputError(
            found="predictions that do not tell what part the mean of the image has in them",
            where=predictions,
            expected="what `hpacells predict` of this version writes",
            advice="run `hpacells predict` again",
        )
    said = _read_of(chosen, predictions, class_names, weight)
    if not np.isfinite(said).any():
        raise InputError(
            found=f"predictions of none of the {len(kept)} kept cells",
            where=predictions,
            expected="those of the cells of this work folder",
            advice="run `hpacells predict` again",
        )
    is_out_of_fold = np.zeros(len(kept), bool)
    if out_of_fold is not None:
        unseen = _read_of(chosen, out_of_fold, class_names, out_of_fold_weight)
        is_out_of_fold[:] = np.isfinite(unseen).all(axis=1)
        said[is_out_of_fold] = unseen[is_out_of_fold]
    known = np.isfinite(said).all(axis=1)
    return TeacherTable(
        kept[known], said[known].astype(np.float32), is_out_of_fold[known], int((~known).sum()), weight
    )


def _read_of(
    cells: pd.DataFrame, path: Path, class_names: tuple[str, ...], weight: float
) -> NDArray[np.float64]:
    """Read the probabilities of some cells, (n, classes), by themselves; NaN for those that are not there."""
    _check_classes(path, class_names)
    table = read_predictions(path, embedding=False)
    wanted = pd.MultiIndex.from_arrays([cells["image_id"].to_numpy(str), cells["cell_id"].to_numpy()])
    columns = probability_columns(table.columns)
    found = table.set_index(["image_id", "cell_id"])[columns].reindex(wanted).to_numpy(np.float64, copy=True)
    known = np.isfinite(found).all(axis=1)
    # Where the image's mean is all that there is, it is all that can be learnt.
    if 0 < weight < 1:
        found[known] = without_image_mean(found[known], cells["image_id"].to_numpy(str)[known], weight)
    return found


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
