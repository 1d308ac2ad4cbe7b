"""Submission and truth files of the Kaggle 2021 competition: one row per image, a triple a cell and class.

Format: a CSV with the columns ``ID,ImageWidth,ImageHeight,PredictionString``. The prediction string holds
``label confidence mask`` for every pair of cell and class, separated by blanks; the mask string of a cell is
repeated for each of its classes. An image without cells has an empty prediction string. A file whose name
ends in ``.gz`` or ``.zst`` is compressed.
"""

import csv
import gzip
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO

import numpy as np
import pandas as pd
import pyarrow as pa

from data.atomic import atomic_write
from data.errors import InputError
from data.labels.label_set import HPA2021, LabelSet
from data.predictions.prediction_string import parse_prediction_string
from data.text.readable_text import readable_line

COLUMNS = ("ID", "ImageWidth", "ImageHeight", "PredictionString")
"""Columns of the file, in order."""

_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
_SHOWN = 60
"""Characters of an ID that a message shows."""
_GZIP_LEVEL = 1
"""Higher ones take twice as long for 3 % less: a mask string is compressed already."""

_PIXELS = re.compile(r"0*[1-9][0-9]{0,8}")
_EXPECTED = f"a CSV with the columns {','.join(COLUMNS)}"

# A prediction string with all classes of 20 cells takes 200 kB, more than the module's default limit.
csv.field_size_limit(2**31 - 1)


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
    images: dict[str, tuple[int, int]] = {}
    masks: list[str] = []
    parts, lines = [], []
    for line, row in _read_lines(path):
        where = f"{path}, line {line} ({row.image_id})"
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
    return Submission(str(path), _images_table(images), _triples_table(parts), masks, label_set, tuple(lines))


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
    path = Path(path)
    try:
        with _open(path) as file:
            yield from _check_rows(file, path)
    except FileNotFoundError:
        raise InputError(
            found="no such file", where=path, expected=_EXPECTED, advice="check the path"
        ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            found=f"cannot be read as a table ({error})", where=path, expected=_EXPECTED
        ) from None


def write_submission(path: str | PathLike[str], rows: Iterable[SubmissionRow]) -> None:
    """Write a submission or truth file, row by row; compressed where its name ends in ``.gz`` or ``.zst``.

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
    with atomic_write(Path(path)) as temporary, _create(temporary) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def is_compressed(path: Path) -> bool:
    """Check by its name whether a submission is compressed."""
    return path.suffix.lower() in _COMPRESSED


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    with _open_bytes(path) as source:
        encoding = "utf-16" if source.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"
    with _open_bytes(path) as source, io.TextIOWrapper(source, encoding, newline="") as file:
        yield file


@contextmanager
def _open_bytes(path: Path) -> Iterator[BinaryIO]:
    codec = _COMPRESSED.get(path.suffix.lower())
    with path.open("rb") as raw:
        yield raw if codec is None else pa.CompressedInputStream(pa.PythonFile(raw, "r"), codec)


@contextmanager
def _create(path: Path) -> Iterator[TextIO]:
    codec = _COMPRESSED.get(path.suffix.lower())
    with path.open("wb") as raw, ExitStack() as stack:
        if codec == "gzip":
            # Without time and name, so that equal submissions are equal files.
            target: Any = stack.enter_context(gzip.GzipFile("", "wb", _GZIP_LEVEL, raw, mtime=0))
        elif codec is not None:
            target = stack.enter_context(pa.CompressedOutputStream(pa.PythonFile(raw, "w"), codec))
        else:
            target = raw
        file = stack.enter_context(io.TextIOWrapper(target, "utf-8", newline=""))
        yield file


def _check_rows(file: TextIO, path: Path) -> Iterator[tuple[int, SubmissionRow]]:
    """Yield the line on which each row begins, and the row."""
    reader = csv.reader(file, strict=True)
    header = next(reader, [])
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise InputError(
            found=f"no column {' or '.join(missing)} (found {','.join(header)[:100]})",
            where=path,
            expected=_EXPECTED,
        )
    places = [header.index(column) for column in COLUMNS]
    line = reader.line_num + 1
    for values in reader:
        if values:
            where = f"{path}, line {line} ({readable_line(values[0][:_SHOWN])})"
            if len(values) != len(header):
                raise InputError(
                    found=f"{len(values)} fields", where=where, expected=f"{len(header)}, as in the header"
                )
            yield line, _check_row([values[place] for place in places], where)
        line = reader.line_num + 1


def _check_row(values: list[str], where: str) -> SubmissionRow:
    image_id, width, height, prediction_string = values
    if not image_id:
        raise InputError(found="an empty ID", where=where, expected="the image's ID")
    for column, size in zip(COLUMNS[1:3], (width, height), strict=True):
        if not _PIXELS.fullmatch(size):
            raise InputError(
                found=f"{column} {size[:40]!r}", where=where, expected="a whole number of px, 1 or more"
            )
    return SubmissionRow(image_id, int(width), int(height), prediction_string)


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
