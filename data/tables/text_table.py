"""Tables as text: CSV files of users, with commas, semicolons or tabs, and the line of each row."""

import csv
import io
import zipfile
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

import pandas as pd

from data.errors import InputError

_DELIMITERS = (",", ";", "\t")
_ZIP = b"PK\x03\x04"
_SPREADSHEETS = {_ZIP: "xlsx or ods", b"\xd0\xcf\x11\xe0": "xls"}
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_text_table(path: str | PathLike[str], expected: str) -> pd.DataFrame:
    """Read a table of text with a header line.

    Fields are separated by commas, semicolons or tabs, whichever divides the header most often; quoted
    fields may hold separators and line breaks. Empty rows are passed over.

    Parameters
    ----------
    path
        The file, UTF-8, or UTF-16 with a byte order mark.
    expected
        What it should be, for messages.

    Returns
    -------
    DataFrame
        Every value as text; its index is the line of the file where each row begins.

    Raises
    ------
    InputError
        The file is missing, a spreadsheet, no text, or a row has more or fewer fields than the header.
    """
    rows = read_text_rows(path, expected)
    _, header = next(rows, (1, []))
    if not header:
        raise InputError(found="cannot be read as a table (it is empty)", where=path, expected=expected)
    columns = [name.strip() for name in header]
    repeated = [name for name in columns if name and columns.count(name) > 1]
    if repeated:
        raise InputError(found=f"the column {repeated[0]} twice", where=f"{path}, line 1", expected=expected)
    lines, values = [], []
    for line, row in rows:
        if len(row) != len(columns):
            raise InputError(
                found=f"{len(row)} fields",
                where=f"{path}, line {line}",
                expected=f"{len(columns)}, as in the header",
                advice="put fields that hold a separator in double quotes",
            )
        lines.append(line)
        values.append(row)
    return pd.DataFrame(values, index=lines, columns=columns, dtype=str)


def read_text_rows(path: str | PathLike[str], expected: str) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a table of text that are not empty, and the line of the file where each begins.

    Raises
    ------
    InputError
        The file is missing, a spreadsheet, or no text.
    """
    path = Path(path)
    return _read_rows(_decode(path, expected), path, expected)


def _decode(path: Path, expected: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(
            found="no such file", where=path, expected=expected, advice="check the path"
        ) from None
    except OSError as error:
        raise InputError(
            found=f"cannot be read as a table ({error.strerror or error})", where=path, expected=expected
        ) from None
    for mark, kind in _SPREADSHEETS.items():
        if raw.startswith(mark):
            if mark == _ZIP and _has_table(raw):
                raise InputError(
                    found="a ZIP archive", where=path, expected=expected, advice=f"run `unzip '{path}'` first"
                )
            raise InputError(
                found=f"a spreadsheet ({kind})",
                where=path,
                expected=expected,
                advice=f"save it as CSV, or run `libreoffice --headless --convert-to csv '{path}'`",
            )
    if b"\0" in raw and not raw.startswith(tuple(_BYTE_ORDER_MARKS)):
        # An image, say, of which no change of encoding makes a table.
        raise _has_nulls(path, expected)
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            found=f"cannot be read as a table (no UTF-8 text: byte {raw[error.start]:#04x})",
            where=f"{path}, line {line}",
            expected=expected,
            advice=f"run `iconv -f WINDOWS-1252 -t UTF-8 '{path}' > utf8.csv`, and give that file",
        ) from None
    if "\0" in text:
        raise _has_nulls(path, expected)
    return text


def _has_nulls(path: Path, expected: str) -> InputError:
    return InputError(found="cannot be read as a table (it has null bytes)", where=path, expected=expected)


def _has_table(raw: bytes) -> bool:
    """Check whether a ZIP archive has a table of text in it, as HPA's downloads do."""
    try:
        names = zipfile.ZipFile(io.BytesIO(raw)).namelist()
    except zipfile.BadZipFile:
        return False
    return any(name.lower().endswith((".tsv", ".csv", ".txt")) for name in names)


def _read_rows(text: str, path: Path, expected: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_find_delimiter(text), strict=True)
    line = 1
    try:
        for row in reader:
            if any(value.strip() for value in row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            found=f"cannot be read as a table ({error})",
            where=f"{path}, line {line}",
            expected=expected,
            advice="check the double quotes there",
        ) from None


def _find_delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=header.count)
