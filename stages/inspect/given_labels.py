"""Labels that were given, beside those that were predicted."""

from collections.abc import Collection, Iterable
from pathlib import Path

from data.labels.coverage import check_coverage
from data.labels.label_file import read_labels
from data.labels.label_set import LabelSet

RIGHT, PARTLY, WRONG, UNKNOWN = "right", "partly", "wrong", ""
"""How predicted classes compare with given ones: the same, some in common, none; or one is not known."""


def read_given_labels(
    path: Path, label_set: LabelSet, image_ids: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """Read the labels of images by name: names compare where numbers of two label sets do not.

    Returns
    -------
    dict
        Image ID -> names of its classes; images without labels are left out.

    Raises
    ------
    InputError
        The file is no label file, or has a label of none of the images.
    """
    known = set(image_ids)
    labels = read_labels(path, label_set)
    check_coverage(labels, known, where=path)
    return {
        image_id: tuple(label_set.names[label] for label in classes)
        for image_id, classes in labels.items()
        if classes and image_id in known
    }


def compare_labels(
    predicted: Collection[str] | Collection[int] | None, given: Collection[str] | Collection[int] | None
) -> str:
    """Compare predicted and given classes, all by name or all by number.

    Returns ``RIGHT``, ``PARTLY``, ``WRONG`` or ``UNKNOWN``.
    """
    if predicted is None or not given:
        return UNKNOWN
    if set(predicted) == set(given):
        return RIGHT
    return WRONG if set(predicted).isdisjoint(given) else PARTLY
