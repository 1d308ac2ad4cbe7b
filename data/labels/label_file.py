"""Label files: which classes an image shows, ``ID,Label`` (Kaggle 2021) or ``Id,Target`` (Kaggle 2018)."""

import itertools
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path

import pandas as pd

from data.errors import InputError
from data.labels.hpa_locations import is_location_table
from data.labels.label_set import HPA2021, LabelSet
from data.labels.stained_images import ANTIBODIES, GENES, find_column
from data.tables.csv_file import unescape_cell, write_csv_parts
from data.tables.text_table import TextTable

log = logging.getLogger("hpacells")

CLASS_NAMES = HPA2021.names
"""Names of the classes 0..18, in the order of the Kaggle 2021 competition."""

NUM_CLASSES = len(CLASS_NAMES)
NEGATIVE = CLASS_NAMES.index("Negative")
"""The class of a cell without staining, or with an unspecific one."""

_FORMS = {"ID": "Label", "Id": "Target"}
_PROTEINS = ("protein", "group", *GENES, *ANTIBODIES)
"""Columns by which images are of one protein, in small letters; the first that is there counts."""
_EXPECTED = "a CSV with the columns ID,Label or Id,Target"
_PART_ROWS = 8192


def read_labels(path: str | PathLike[str], label_set: LabelSet = HPA2021) -> dict[str, tuple[int, ...]]:
    """Read a label file: one row an image, with class numbers or names.

    The labels of an image are joined by ``|`` in the column ``Label`` (Kaggle's ``train.csv`` of 2021), by
    blanks or ``|`` in the column ``Target`` (of 2018).

    Returns
    -------
    dict
        Image ID -> its class numbers, ascending, each once.

    Raises
    ------
    InputError
        The file is missing or is no CSV with these columns, an ID is empty or there twice, or a label is not
        a class of the label set; the message names the line.

    Examples
    --------
    >>> import hpacells as hpa
    >>> hpa.write_labels("train.csv", {"A1": [7], "A2": [0, 16]})
    >>> hpa.read_labels("train.csv")
    {'A1': (7,), 'A2': (0, 16)}
    >>> hpa.CLASS_NAMES[7]
    'Golgi apparatus'
    """
    table, id_column = _open_table(path)
    column = _FORMS[id_column]
    labels: dict[str, tuple[int, ...]] = {}
    with_blanks: set[str] = set()
    # Texts are few, so that images share what they say.
    known: dict[str, tuple[int, ...]] = {}
    for line, (image_id, text) in _read_columns(table, [id_column, column]):
        bare = image_id.strip()
        if not bare:
            raise InputError(
                found="an empty ID", where=f"{path}, line {line}", expected="the image's ID and its labels"
            )
        # Blanks are kept, since files may have them, but two rows that differ in them alone are a slip.
        if bare in labels or bare in with_blanks:
            raise InputError(
                found=f"image {bare} is there a second time",
                where=f"{path}, line {line}",
                expected="one row an image",
                advice="join its labels with | in one row",
            )
        if bare != image_id:
            with_blanks.add(bare)
        if text not in known:
            known[text] = _parse_text(text, column, label_set, f"{path}, line {line}")
        labels[image_id] = known[text]
    return labels


def iterate_labels(
    path: str | PathLike[str], label_set: LabelSet = HPA2021
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Read the images and classes of a label file row by row; images that are there twice, or empty, too.

    Raises
    ------
    InputError
        As ``read_labels``, but for these.
    """
    table, id_column = _open_table(path)
    column = _FORMS[id_column]
    known: dict[str, tuple[int, ...]] = {}
    for line, (image_id, text) in _read_columns(table, [id_column, column]):
        if text not in known:
            known[text] = _parse_text(text, column, label_set, f"{path}, line {line}")
        yield image_id, known[text]


def read_proteins(path: str | PathLike[str]) -> dict[str, str]:
    """Read which protein each image of a label file shows.

    That is in the column ``Protein`` or ``Group``; where there is neither, in that of the gene (``Gene``,
    ``ensembl_ids``, ``gene_names`` ...), or else of the antibody. Letter case of the columns does not matter.

    Returns
    -------
    dict
        Image ID -> its protein; empty where the file has no such column, and without the images for which
        it is empty.

    Raises
    ------
    InputError
        As ``read_labels``.
    """
    table, id_column = _open_table(path)
    column = find_column(table.columns, _PROTEINS)
    if column is None:
        return {}
    rows = _read_columns(table, [id_column, column])
    return {image_id: protein for _, (image_id, text) in rows if (protein := text.strip())}


def read_stains(path: str | PathLike[str]) -> pd.DataFrame:
    """Read the columns of a label file that say which protein, gene and antibody each image shows.

    Returns
    -------
    DataFrame
        These columns as text, as they are called in the file; its index is the image ID.

    Raises
    ------
    InputError
        As ``read_labels``.
    """
    table, id_column = _open_table(path)
    columns = [name for name in table.columns if name != id_column and name.casefold() in _PROTEINS]
    rows = [values for _, values in _read_columns(table, [id_column, *columns])]
    stains = pd.DataFrame(rows, columns=[id_column, *columns], dtype=str).set_index(id_column)
    return stains.apply(lambda column: column.str.strip()) if columns else stains


def write_labels(
    path: str | PathLike[str], labels: Mapping[str, Iterable[int]], names: Sequence[str] | None = None
) -> None:
    """Write a label file ``ID,Label`` with the labels of an image joined by ``|``.

    IDs and labels that a spreadsheet would take for formulas have an apostrophe before them in the file;
    ``read_labels`` takes it away again.

    Parameters
    ----------
    path
        The file.
    labels
        Image ID -> class numbers.
    names
        Names of the classes, to be written in place of their numbers; None to write numbers.

    Examples
    --------
    >>> from pathlib import Path
    >>> import hpacells as hpa
    >>> hpa.write_labels("train.csv", {"A1": [7], "A2": [0, 16]}, names=hpa.CLASS_NAMES)
    >>> print(Path("train.csv").read_text())
    ID,Label
    A1,Golgi apparatus
    A2,Nucleoplasm|Cytosol
    <BLANKLINE>
    """
    write_label_rows(path, labels.items(), names)


def write_label_rows(
    path: str | PathLike[str],
    rows: Iterable[tuple[str, Iterable[int]]],
    names: Sequence[str] | None = None,
) -> None:
    """Write a label file as `write_labels` does, one row after the other."""
    texts = (
        (image_id, "|".join(str(label) if names is None else names[label] for label in classes))
        for image_id, classes in rows
    )
    with write_csv_parts(Path(path)) as append:
        append(pd.DataFrame(columns=["ID", "Label"], dtype=str))
        while part := list(itertools.islice(texts, _PART_ROWS)):
            append(pd.DataFrame(part, columns=["ID", "Label"]))


def parse_labels(text: str, label_set: LabelSet = HPA2021, *, where: str) -> tuple[int, ...]:
    """Parse class numbers or names joined by ``|``, ascending and each once.

    Raises
    ------
    InputError
        One of them is not a class of the label set; the message names the set, and lists its classes where a
        name was given.
    """
    classes = set()
    for token in text.split("|"):
        number = label_set.find(token)
        if number is None:
            expected = f"class numbers 0..{len(label_set) - 1} joined by |, of {label_set}"
            if token.strip() and not token.strip().isdecimal():
                expected += f", or names: {', '.join(label_set.names)}"
            raise InputError(
                found=f"label {token.strip()[:60]!r} is not a class", where=where, expected=expected
            )
        classes.add(number)
    return tuple(sorted(classes))


def _parse_text(text: str, column: str, label_set: LabelSet, where: str) -> tuple[int, ...]:
    if column == "Target" and label_set.find(text) is None and "|" not in text:
        text = "|".join(text.split())
    return parse_labels(text, label_set, where=where)


def _read_columns(table: TextTable, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Read some columns of the rows, each with its line in the file."""
    places = [table.columns.index(name) for name in columns]
    for line, row in table.read():
        yield line, [unescape_cell(row[place]) for place in places]


def _open_table(path: str | PathLike[str]) -> tuple[TextTable, str]:
    """Open the file, and say which of its columns is the image's ID."""
    table = TextTable(path, _EXPECTED)
    for id_column, label_column in _FORMS.items():
        if {id_column, label_column} <= {*table.columns}:
            return table, id_column
    if is_location_table(table.columns):
        raise InputError(
            found="locations of genes, not labels of images",
            where=path,
            expected=_EXPECTED,
            advice=f"run `hpacells labels '{path}' --of images.csv --out labels.csv`, where images.csv has "
            "the columns ID and Gene, and give labels.csv",
        )
    wanted = ("Id", "Target") if {"Id", "Target"} & {*table.columns} else ("ID", "Label")
    missing = [column for column in wanted if column not in table.columns]
    raise InputError(
        found=f"no column {' and no column '.join(missing)} (found {','.join(table.columns)})",
        where=path,
        expected=_EXPECTED,
    )
