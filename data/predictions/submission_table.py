"""The table of a submission or truth file as text: encodings, compression, rows and lines, within bounds.

A file that was made to do harm, such as one that unpacks to gigabytes, is refused before it takes more than
some hundred MB of memory.
"""

import csv
import gzip
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pyarrow as pa

from data.errors import InputError

COLUMNS = ("ID", "ImageWidth", "ImageHeight", "PredictionString")
"""Columns of the file, in order."""

_EXPECTED = f"a CSV with the columns {','.join(COLUMNS)}"
_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
_OTHER_COMPRESSED = (".bz2", ".xz", ".zip", ".7z", ".lz4", ".lzma", ".tar", ".tgz", ".rar", ".br")
_OTHER_TABLES = (".xlsx", ".xls", ".ods", ".parquet", ".tsv", ".json")
_GZIP_LEVEL = 1
"""Higher ones take twice as long for 3 % less: a mask string is compressed already."""

_MAX_LINE = 2**27
"""Characters of a line, and of a field: all classes of 20,000 cells take less."""

_MAX_ROWS = 2**20
"""Rows of a file: ten times as many as the Human Protein Atlas has images."""

_MAX_RATIO, _ANY_RATIO = 100, 2**28
"""How many times its size a compressed file may unpack to, beyond so many characters: a submission of 31
classes unpacks to 40 times its size."""

_NO_TEXT = re.compile("[\udc80-\udcff]")

# A prediction string with all classes of 20 cells takes 200 kB, more than the module's default limit.
csv.field_size_limit(_MAX_LINE)


def read_table(path: str | PathLike[str]) -> Iterator[tuple[int, list[str]]]:
    """Read the header and the rows that are not empty, each with the line on which it begins.

    Yields
    ------
    line, fields
        The header first, an empty one of an empty file; its names have no blanks around them.

    Raises
    ------
    InputError
        The file is missing or cannot be read as a CSV, or is larger than any submission.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            yield from _read_rows(file, path)
    except FileNotFoundError:
        raise InputError(
            found="no such file", where=path, expected=_EXPECTED, advice="check the path"
        ) from None
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(
            found=f"cannot be read as a table ({error})",
            where=path,
            expected=_EXPECTED,
            advice="unpack it, and give the CSV" if path.suffix.lower() in _OTHER_COMPRESSED else "",
        ) from None


def find_columns(header: Sequence[str], where: object) -> list[int]:
    """Find the places of ``COLUMNS`` in a header.

    Raises
    ------
    InputError
        One is missing, or there twice.
    """
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise InputError(
            found=f"no column {' or '.join(missing)} (found {','.join(header)[:100]})",
            where=where,
            expected=_EXPECTED,
        )
    twice = [column for column in COLUMNS if header.count(column) > 1]
    if twice:
        raise InputError(found=f"the column {' and '.join(twice)} twice", where=where, expected=_EXPECTED)
    return [header.index(column) for column in COLUMNS]


def check_fields(values: Sequence[str], header: Sequence[str], where: object) -> None:
    """Check that a row has as many fields as the header.

    Raises
    ------
    InputError
        It has more or fewer.
    """
    if len(values) != len(header):
        raise InputError(
            found=f"{len(values)} fields", where=where, expected=f"{len(header)}, as in the header"
        )


def is_compressed(path: Path) -> bool:
    """Check by its name whether a submission is compressed."""
    return path.suffix.lower() in _COMPRESSED


def check_compression(path: Path) -> None:
    """Check that the name of a submission to be written promises neither another format nor compression.

    Raises
    ------
    InputError
        It ends in ``.zip``, ``.xlsx`` or the like.
    """
    if path.suffix.lower() in (*_OTHER_COMPRESSED, *_OTHER_TABLES):
        raise InputError(
            found=f"a name that ends in {path.suffix}",
            where=path,
            expected="one that ends in .csv, or, to be compressed, in .csv.gz or .csv.zst",
            advice=f"write a .csv, and compress it to {path.suffix} afterwards"
            if path.suffix.lower() == ".zip"
            else "give another name",
        )


@contextmanager
def create_table(path: Path) -> Iterator[TextIO]:
    """Create a file to write a table to, compressed where its name ends in ``.gz`` or ``.zst``."""
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


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    with _open_bytes(path) as source:
        encoding = "utf-16" if source.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"
    with _open_bytes(path) as source, _wrap(source, encoding) as file:
        yield file


def _wrap(source: BinaryIO, encoding: str) -> TextIO:
    # Bytes that are no text are found line by line, not where a block of the file happens to begin.
    return io.TextIOWrapper(source, encoding, errors="surrogateescape", newline="")


@contextmanager
def _open_bytes(path: Path) -> Iterator[BinaryIO]:
    codec = _COMPRESSED.get(path.suffix.lower())
    with path.open("rb") as raw:
        yield raw if codec is None else pa.CompressedInputStream(pa.PythonFile(raw, "r"), codec)


def _read_rows(file: TextIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_read_lines(file, path), strict=True)
    yield 1, [name.strip() for name in next(reader, [])]
    line, rows = reader.line_num + 1, 0
    for values in reader:
        if values:
            rows += 1
            if rows > _MAX_ROWS:
                message = f"more than {_MAX_ROWS} rows"
                raise csv.Error(message)
            yield line, values
        line = reader.line_num + 1


def _read_lines(file: TextIO, path: Path) -> Iterator[str]:
    """Read a file line by line, and stop where it is larger than any submission."""
    most = max(_ANY_RATIO, _MAX_RATIO * path.stat().st_size) if is_compressed(path) else None
    total = 0
    while line := file.readline(_MAX_LINE + 1):
        total += len(line)
        if len(line) > _MAX_LINE:
            message = f"a line of more than {_MAX_LINE} characters"
            raise csv.Error(message)
        if most is not None and total > most:
            message = f"it unpacks to more than {_MAX_RATIO} times its size"
            raise csv.Error(message)
        byte = None if line.isascii() else _NO_TEXT.search(line)
        if byte is not None:
            message = f"no UTF-8 text: byte {ord(byte[0]) & 0xFF:#04x}"
            raise csv.Error(message)
        yield line
