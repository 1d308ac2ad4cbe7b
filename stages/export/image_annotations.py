"""What a label file says of the images: their labels, and their proteins, genes and antibodies."""

from collections.abc import Iterable

import pandas as pd

from data.labels.coverage import check_coverage
from data.labels.label_file import read_labels, read_stains
from data.labels.label_set import LabelSet, read_label_set
from stages.export.paths import ExportInputs


def read_image_annotations(
    inputs: ExportInputs, image_ids: Iterable[str], names: tuple[str, ...], label_set: str | None
) -> pd.DataFrame:
    """Read what is known of the images of a label file.

    Parameters
    ----------
    inputs
        With the label file, or None.
    image_ids
        The images, of which the file must have some.
    names
        Names of the predicted classes.
    label_set
        Label set of the label file; None for the predicted classes.

    Returns
    -------
    DataFrame
        ``image_labels``, names joined by ``|``, and ``protein``, ``gene``, ``antibody`` and the like, named
        as in the file, in small letters, ``_`` for blanks; all are text, empty where it is not known, and the
        index is the image's ID. Without a label file there is no row and no column.

    Raises
    ------
    InputError
        The label file is damaged, or has none of the images.
    """
    if inputs.labels_path is None:
        return pd.DataFrame(index=pd.Index([], dtype=str))
    predicted = LabelSet(names=names, title=f"of {inputs.predictions_path}")
    classes = predicted if label_set is None else read_label_set(label_set)
    given = read_labels(inputs.labels_path, classes)
    check_coverage(given, image_ids, where=inputs.labels_path)
    columns = {
        "image_labels": pd.Series(
            {image: "|".join(classes.names[label] for label in labels) for image, labels in given.items()},
            dtype=object,
        )
    }
    stains = read_stains(inputs.labels_path)
    for column in stains.columns:
        name = column.casefold().replace(" ", "_")
        # The cells table has a group, too, for which images belong together.
        columns.setdefault("protein" if name == "group" else name, stains[column])
    return pd.DataFrame(columns)
