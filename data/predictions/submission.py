"""Submission and truth files of the Kaggle 2021 competition: one row per image, a triple a cell and class.

Format: a CSV with the columns ``ID,ImageWidth,ImageHeight,PredictionString``. The prediction string holds
``label confidence mask`` for every pair of cell and class, separated by blanks; the mask string of a cell is
repeated for each of its classes. An image without cells has an empty prediction string. A file whose name
ends in ``.gz`` or ``.zst`` is compressed.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from data.atomic import atomic_write
from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet
from data.predictions.prediction_string import parse_prediction_string
from data.predictions.submission_table import (
    COLUMNS,
    check_compression,
    check_fields,
    create_table,
    find_columns,
    read_table,
)
from data.text.readable_text import readable_line

SHOWN = 60
"""Characters of an ID that a message shows."""

SIZES = COLUMNS[1:3]
"""The columns of an image's width and height."""

_PIXELS = re.compile(r"0*[1-9][0-9]{0,8}")


class SubmissionRow(NamedTuple):
    """One row of the file: an image, its size in px, and its prediction string.

    Examples
    --------
    >>> import hpacells as hpa
    >>> hpa.SubmissionRow("A1", width=2048, height=1024, prediction_string="")
    SubmissionRow(image_id='A1', width=2048, height=1024, prediction_string='')
    """

    image_id: str
    width: int
    height: int
    prediction_string: str


@dataclass(frozen=True)
class Submission:
    """A submission or truth file, parsed; a mask that is repeated for several classes is kept once.

    Attributes
    ----------
    source
        The file, for messages.
    images
        A row an image, in the file's order: ``image_id``, ``width``, ``height`` (px).
    triples
        A row a triple, in the file's order: ``image`` (row of ``images``), ``label`` (class
        number), ``confidence`` (finite), ``mask`` (index into ``masks``).
    masks
        The mask strings, each once an image, not decoded yet.
    label_set
        The classes.
    lines
        The line of the file on which the row of each image begins.

    Examples
    --------
    >>> import hpacells as hpa
    >>> submission = hpa.read_submission("submission.csv")
    >>> len(submission.images), len(submission.triples), len(submission.masks)
    (1, 1, 1)
    """

    source: str
    images: pd.DataFrame
    triples: pd.DataFrame
    masks: list[str]
    label_set: LabelSet = HPA2021
    lines: tuple[int, ...] = ()


def read_submission(path: str | PathLike[str], label_set: LabelSet = HPA2021) -> Submission:
    """Read a submission or truth file with the classes of a label set.

    Raises
    ------
    InputError
        The file is missing or no CSV with the columns ``COLUMNS``, an ID stands twice, a size is no positive
        whole number, or a prediction string cannot be parsed or has a class that the label set lacks; the
        message names the row and the token. Mask strings are not decoded here.

    Examples
    --------
    >>> import hpacells as hpa
    >>> submission = hpa.read_submission("submission.csv")
    >>> submission.images
      image_id  width  height
    0       A1      6       4
    >>> submission.triples
       image  label  confidence  mask
    0      0      7         0.9     0
    >>> hpa.decode_mask(submission.masks[0], height=4, width=6).sum()
    np.int64(4)
    """
    return build_submission(str(path), _read_lines(path), label_set)


def build_submission(
    source: str, rows: Iterable[tuple[int, SubmissionRow]], label_set: LabelSet = HPA2021
) -> Submission:
    """Parse rows, each with the line on which it begins.

    Raises
    ------
    InputError
        As ``read_submission``, for IDs that stand twice and prediction strings.
    """
    images: dict[str, tuple[int, int]] = {}
    masks: list[str] = []
    parts, lines = [], []
    for line, row in rows:
        where = f"{source}, line {line} ({row.image_id})"
        if row.image_id in images:
            raise InputError(found="this ID is there a second time", where=where, expected="one row an image")
        triples = parse_prediction_string(row.prediction_string, label_set, where=where)
        distinct = {
            mask: number for number, mask in enumerate(dict.fromkeys(triples.masks), start=len(masks))
        }
        numbers = [distinct[mask] for mask in triples.masks]
        parts.append(
            (np.full(len(numbers), len(images)), triples.labels, triples.confidences, np.array(numbers))
        )
        images[row.image_id] = (row.width, row.height)
        lines.append(line)
        masks.extend(distinct)
    return Submission(source, _images_table(images), _triples_table(parts), masks, label_set, tuple(lines))


def read_rows(path: str | PathLike[str]) -> Iterator[SubmissionRow]:
    """Read the rows of a submission or truth file one by one, without parsing their prediction strings.

    Raises
    ------
    InputError
        As ``read_submission``, but for duplicate IDs and faults of the prediction strings.
    """
    for _, row in _read_lines(path):
        yield row


def _read_lines(path: str | PathLike[str]) -> Iterator[tuple[int, SubmissionRow]]:
    for _, line, row in read_checked_rows(path):
        if isinstance(row, InputError):
            raise row
        yield line, row


def read_checked_rows(path: str | PathLike[str]) -> Iterator[tuple[str, int, SubmissionRow | InputError]]:
    """Read the rows one by one; in place of a faulty one, yield what is wrong with it.

    Yields
    ------
    name, line, row
        What the row begins with, the line on which it begins, and the row or its error.

    Raises
    ------
    InputError
        The file is missing or no CSV with the columns ``COLUMNS``.
    """
    table = read_table(path)
    _, header = next(table)
    places = find_columns(header, path)
    for line, values in table:
        name = readable_line(values[0][:SHOWN])
        where = f"{path}, line {line} ({name})"
        try:
            check_fields(values, header, where)
            yield name, line, check_row([values[place] for place in places], where)
        except InputError as error:
            yield name, line, error


def write_submission(path: str | PathLike[str], rows: Iterable[SubmissionRow]) -> None:
    """Write a submission or truth file, row by row; compressed where its name ends in ``.gz`` or ``.zst``.

    Raises
    ------
    InputError
        Its name ends as files of another format or compression do, such as ``.zip``.

    Examples
    --------
    >>> import numpy as np
    >>> import hpacells as hpa
    >>> mask = hpa.encode_mask(np.eye(4, dtype=bool))
    >>> row = hpa.SubmissionRow("A1", width=4, height=4, prediction_string=f"7 0.9 {mask}")
    >>> hpa.write_submission("mine.csv", [row])
    >>> hpa.read_submission("mine.csv").triples["confidence"].tolist()
    [0.9]
    """
    check_compression(Path(path))
    with atomic_write(Path(path)) as temporary, create_table(temporary) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def check_row(values: Sequence[str], where: str) -> SubmissionRow:
    """Check the fields of a row, in the order of ``COLUMNS``.

    Raises
    ------
    InputError
        The ID is empty, or a size is no positive whole number.
    """
    image_id, width, height, prediction_string = values
    if not image_id:
        raise InputError(found="an empty ID", where=where, expected="the image's ID")
    sizes = [check_size(column, size, where) for column, size in zip(SIZES, (width, height), strict=True)]
    return SubmissionRow(image_id, sizes[0], sizes[1], prediction_string)


def check_size(column: str, size: str, where: str) -> int:
    """Check the width or the height of an image, px.

    Raises
    ------
    InputError
        It is no whole number of 1 or more, and of 9 digits at most.
    """
    if not _PIXELS.fullmatch(size.strip()):
        raise InputError(
            found=f"{column} {size[:40]!r}", where=where, expected="a whole number of px, 1 or more"
        )
    return int(size)


def _images_table(images: dict[str, tuple[int, int]]) -> pd.DataFrame:
    sizes = np.array(list(images.values()), np.int64).reshape(len(images), 2)
    return pd.DataFrame({"image_id": list(images), "width": sizes[:, 0], "height": sizes[:, 1]})


def _triples_table(parts: list[tuple[np.ndarray, ...]]) -> pd.DataFrame:
    types = {"image": np.int32, "label": np.int16, "confidence": np.float64, "mask": np.int32}
    columns = zip(*parts, strict=True) if parts else [()] * len(types)
    return pd.DataFrame(
        {
            name: np.concatenate([np.empty(0, dtype), *column]).astype(dtype)
            for (name, dtype), column in zip(types.items(), columns, strict=True)
        }
    )
