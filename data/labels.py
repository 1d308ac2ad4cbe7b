"""The 19 subcellular patterns and the label file ``ID,Label`` of the Kaggle 2021 training set."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from data.atomic import atomic_write
from data.errors import InputError

CLASS_NAMES = (
    "Nucleoplasm",
    "Nuclear membrane",
    "Nucleoli",
    "Nucleoli fibrillar center",
    "Nuclear speckles",
    "Nuclear bodies",
    "Endoplasmic reticulum",
    "Golgi apparatus",
    "Intermediate filaments",
    "Actin filaments",
    "Microtubules",
    "Mitotic spindle",
    "Centrosome",
    "Plasma membrane",
    "Mitochondria",
    "Aggresome",
    "Cytosol",
    "Vesicles and punctate cytosolic patterns",
    "Negative",
)
"""Names of the classes 0..18, in the order of the Kaggle 2021 competition."""

NUM_CLASSES = len(CLASS_NAMES)
NEGATIVE = 18
"""The class of a cell without staining, or with an unspecific one."""


def read_labels(path: Path) -> dict[str, tuple[int, ...]]:
    """Read a label file: one row an image, its labels joined by ``|`` (Kaggle's ``train.csv``).

    Returns
    -------
    dict
        Image ID -> its class numbers, ascending, each once.

    Raises
    ------
    InputError
        The file is missing or is no CSV with the columns ``ID`` and ``Label``, an ID stands twice, or a
        label is not a class number in 0..18; the message names the line.
    """
    table = _read_table(path)
    labels: dict[str, tuple[int, ...]] = {}
    for line, (image_id, text) in enumerate(zip(table["ID"], table["Label"], strict=True), start=2):
        if image_id in labels:
            raise InputError(
                found=f"image {image_id} stands there a second time",
                where=f"{path}, line {line}",
                expected="one row an image",
                advice="join its labels with | in one row",
            )
        labels[image_id] = parse_labels(text, where=f"{path}, line {line}")
    return labels


def write_labels(path: Path, labels: Mapping[str, Iterable[int]]) -> None:
    """Write a label file ``ID,Label`` with the labels of an image joined by ``|``."""
    rows = [(image_id, "|".join(str(label) for label in classes)) for image_id, classes in labels.items()]
    with atomic_write(path) as temporary:
        pd.DataFrame(rows, columns=["ID", "Label"]).to_csv(temporary, index=False)


def check_coverage(labels: Mapping[str, object], image_ids: Iterable[str], *, where: object) -> None:
    """Raise an InputError where the labels cover none of the images."""
    images = set(image_ids)
    if images.isdisjoint(labels):
        raise InputError(
            found=f"none of the {len(images)} images has a label (the file's {len(labels)} IDs are others, "
            f"such as {next(iter(labels), 'none')}; an image here is {min(images, default='none')})",
            where=where,
            expected="the image's file name without its _channel ending as ID",
            advice="give the label file that belongs to these images",
        )


def parse_labels(text: str, *, where: str) -> tuple[int, ...]:
    """Parse class numbers joined by ``|``, ascending and each once; raise an InputError for anything else."""
    expected = f"class numbers 0..{NUM_CLASSES - 1} joined by |"
    classes = set()
    for token in text.split("|"):
        if not token.strip().isdecimal() or int(token) >= NUM_CLASSES:
            raise InputError(found=f"label {token.strip()!r} is no class", where=where, expected=expected)
        classes.add(int(token))
    return tuple(sorted(classes))


def _read_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise InputError(
            found="no such file",
            where=path,
            expected="a CSV with the columns ID,Label",
            advice="check the path",
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            found=f"cannot be read as a table ({error})",
            where=path,
            expected="a CSV with the columns ID,Label",
        ) from None
    missing = [column for column in ("ID", "Label") if column not in table.columns]
    if missing:
        raise InputError(
            found=f"no column {' and no column '.join(missing)} (found {','.join(table.columns)})",
            where=path,
            expected="the columns ID,Label",
        )
    return table
