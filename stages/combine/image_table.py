"""The predictions of a classifier of whole fields, for the images of cells."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError
from data.labels.class_mapping import map_classes
from data.labels.label_set import find_unshared, read_label_set
from data.predictions.predictions_table import probability_columns, read_class_names, read_predictions

_ADVICE = (
    "predict the fields of these images (`hpacells predict --set predict.unit=field`), or set "
    "combine.rules.image.statistic=mean"
)


def read_image_probabilities(
    path: Path, image_ids: NDArray[np.str_], predictions: Path, label_set: str | None
) -> NDArray[np.floating]:
    """Return for each cell what the table of fields says of its image, (n, classes).

    Parameters
    ----------
    path
        Predictions table of whole fields, one row per image.
    image_ids
        (n,) image of each cell.
    predictions
        Predictions table of the cells, which has the same classes.
    label_set
        Label set of the submission, into which the classes are merged; None for the predicted classes.

    Raises
    ------
    InputError
        The table is missing, has cells or other classes, or lacks one of the images.
    """
    table = read_predictions(path, embedding=False)
    names = read_class_names(path)
    _check_classes(path, names, predictions)
    twice = table[table.duplicated("image_id")]
    if len(twice):
        raise InputError(
            found=f"several rows of image {twice['image_id'].iloc[0]}",
            where=path,
            expected="one row per image, of a classifier of whole fields",
            advice=_ADVICE,
        )
    values = table[probability_columns(table.columns)].to_numpy()
    rows = table.assign(row=np.arange(len(table))).set_index("image_id")["row"].reindex(image_ids)
    lacking = rows.index[rows.isna()].unique()
    if len(lacking):
        raise InputError(
            found=f"no row of {len(lacking)} of {len(set(image_ids))} images, first {lacking[0]}",
            where=path,
            expected="one row of each image with a cell",
            advice=_ADVICE,
        )
    values = values[rows.to_numpy(np.intp)]
    target = None if label_set is None else read_label_set(label_set)
    if target is None or target.names == names:
        return values
    return map_classes(names, target, where=path).merge(values)


def _check_classes(path: Path, names: tuple[str, ...], predictions: Path) -> None:
    of_cells = read_class_names(predictions)
    if names == of_cells:
        return
    other = find_unshared(names, of_cells)
    raise InputError(
        found=f"{len(names)} classes" + (f", {other} in one table only" if other else " in another order"),
        where=path,
        expected=f"the {len(of_cells)} classes of {predictions}, in their order",
        advice="train the classifier of fields with the label set of that of cells",
    )
