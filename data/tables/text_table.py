"""Tables as text: CSV files of users, with commas, semicolons or tabs, and the line of each row."""

import codecs
import csv
import itertools
import zipfile
from collections.abc import Iterator
from functools import partial
from os import PathLike
from pathlib import Path

import pandas as pd

from data.errors import InputError

_DELIMITERS = (",", ";", "\t")
_ZIP = b"PK\x03\x04"
_SPREADSHEETS = {_ZIP: "xlsx or ods", b"\xd0\xcf\x11\xe0": "xls"}
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_BLOCK_BYTES = 2**20


class TextTable:
    """A table of text with a header line, which is checked as a whole and then read row by row.

    Fields are separated by commas, semicolons or tabs, whichever divides the header most often; quoted
    fields may hold separators and line breaks. Empty rows are passed over.

    Parameters
    ----------
    path
        The file, UTF-8, or UTF-16 with a byte order mark.
    expected
        What it should be, for messages.

    Attributes
    ----------
    columns
        Names of the columns.

    Raises
    ------
    InputError
        The file is missing, a spreadsheet, no text, or a row has more or fewer fields than the header.
    """

    def __init__(self, path: str | PathLike[str], expected: str) -> None:
        self._path, self._expected = Path(path), expected
        self._encoding = _find_encoding(self._path, expected)
        self._looks = _look_at(self._path)
        rows = self._read_all()
        _, header = next(rows, (1, []))
        if not header:
            raise InputError(found="cannot be read as a table (it is empty)", where=path, expected=expected)
        self.columns = tuple(name.strip() for name in header)
        repeated = [name for name in self.columns if name and self.columns.count(name) > 1]
        if repeated:
            raise InputError(
                found=f"the column {repeated[0]} twice", where=f"{path}, line 1", expected=expected
            )
        self._count = 0
        for line, row in rows:
            if len(row) != len(self.columns):
                raise InputError(
                    found=f"{len(row)} fields",
                    where=f"{path}, line {line}",
                    expected=f"{len(self.columns)}, as in the header",
                    advice="put fields that hold a separator in double quotes",
                )
            self._count += 1

    def __len__(self) -> int:
        """How many rows there are below the header."""
        return self._count

    def read(self) -> Iterator[tuple[int, list[str]]]:
        """Read the rows, each with the line of the file where it begins.

        Raises
        ------
        InputError
            The file is another one than that which was checked.
        """
        if _look_at(self._path) != self._looks:
            raise InputError(
                found="another file than a moment ago",
                where=self._path,
                expected="a table that nobody changes while it is read",
                advice="run the command again",
            )
        rows = self._read_all()
        next(rows)
        return rows

    def _read_all(self) -> Iterator[tuple[int, list[str]]]:
        return _read_rows(self._path, self._encoding, self._expected)


def read_text_table(path: str | PathLike[str], expected: str) -> pd.DataFrame:
    """Read a `TextTable` as a whole, for tables that are small.

    Returns
    -------
    DataFrame
        Every value as text; its index is the line of the file where each row begins.

    Raises
    ------
    InputError
        As of `TextTable`.
    """
    table = TextTable(path, expected)
    lines, values = [], []
    for line, row in table.read():
        lines.append(line)
        values.append(row)
    return pd.DataFrame(values, index=lines, columns=list(table.columns), dtype=str)


def read_text_rows(path: str | PathLike[str], expected: str) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a table of text that are not empty, and the line of the file where each begins.

    Raises
    ------
    InputError
        The file is missing, a spreadsheet, or no text.
    """
    path = Path(path)
    return _read_rows(path, _find_encoding(path, expected), expected)


def _look_at(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def _find_encoding(path: Path, expected: str) -> str:
    """Return the encoding of a text, after all of it was decoded."""
    try:
        with path.open("rb") as file:
            mark = file.read(4)
        _refuse_spreadsheet(path, mark, expected)
        encoding = next(
            (name for known, name in _BYTE_ORDER_MARKS.items() if mark.startswith(known)), "utf-8"
        )
        fault = _find_fault(path, encoding, expected)
    except FileNotFoundError:
        raise InputError(
            found="no such file", where=path, expected=expected, advice="check the path"
        ) from None
    except OSError as error:
        raise InputError(
            found=f"cannot be read as a table ({error.strerror or error})", where=path, expected=expected
        ) from None
    if fault is not None:
        raise fault
    return encoding


def _refuse_spreadsheet(path: Path, mark: bytes, expected: str) -> None:
    for known, kind in _SPREADSHEETS.items():
        if mark.startswith(known):
            if known == _ZIP and _has_table(path):
                raise InputError(
                    found="a ZIP archive", where=path, expected=expected, advice=f"run `unzip '{path}'` first"
                )
            raise InputError(
                found=f"a spreadsheet ({kind})",
                where=path,
                expected=expected,
                advice=f"save it as CSV, or run `libreoffice --headless --convert-to csv '{path}'`",
            )


def _find_fault(path: Path, encoding: str, expected: str) -> InputError | None:
    """Return why a file is no text, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, fault = 1, None
    with path.open("rb") as file:
        blocks = iter(partial(file.read, _BLOCK_BYTES), b"")
        for block in itertools.chain(blocks, [b""]):
            # An image, say, of which no change of encoding makes a table.
            has_nulls = b"\0" in block and encoding != "utf-16"
            if fault is None and not has_nulls:
                waiting = decoder.getstate()[0]
                try:
                    has_nulls = "\0" in decoder.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    line = lines - waiting.count(b"\n") + error.object.count(b"\n", 0, error.start)
                    fault = _is_no_text(path, line, error.object[error.start], expected)
            if has_nulls:
                return InputError(
                    found="cannot be read as a table (it has null bytes)", where=path, expected=expected
                )
            lines += block.count(b"\n")
    return fault


def _is_no_text(path: Path, line: int, byte: int, expected: str) -> InputError:
    return InputError(
        found=f"cannot be read as a table (no UTF-8 text: byte {byte:#04x})",
        where=f"{path}, line {line}",
        expected=expected,
        advice=f"run `iconv -f WINDOWS-1252 -t UTF-8 '{path}' > utf8.csv`, and give that file",
    )


def _has_table(path: Path) -> bool:
    """Check whether a ZIP archive has a table of text in it, as HPA's downloads do."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return any(name.lower().endswith((".tsv", ".csv", ".txt")) for name in names)


def _read_rows(path: Path, encoding: str, expected: str) -> Iterator[tuple[int, list[str]]]:
    delimiter = _find_delimiter(path, encoding)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
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


def _find_delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        lines = (line for part in file for line in part.splitlines())
        header = next((line for line in lines if line.strip()), "")
    return max(_DELIMITERS, key=header.count)
