"""CSV files for people: what a spreadsheet would take for a formula is written as text.

Excel, LibreOffice and Google Sheets run a cell that begins with ``=``, ``+``, ``-`` or ``@``, also behind a
tab or the end of a line, and some of them the wide forms of these characters. An apostrophe before it keeps
it text (OWASP, "CSV injection"). ``data.labels.label_file`` takes that apostrophe away again.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from data.atomic import atomic_write

_RUN = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
_TO_ESCAPE = re.compile(f"'*[{_RUN}]")
_ESCAPED = re.compile(f"'+[{_RUN}]")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|nan)")


def escape_cell(text: str) -> str:
    """Return a text as it is written to a cell: behind an apostrophe where a spreadsheet would run it.

    Numbers are left as they are. ``unescape_cell`` returns any text that was written so.
    """
    return f"'{text}" if _TO_ESCAPE.match(text) and not _NUMBER.fullmatch(text) else text


def unescape_cell(text: str) -> str:
    """Return the text that was written to a cell."""
    return text[1:] if _ESCAPED.match(text) else text


def write_csv(
    path: Path, table: pd.DataFrame, *, index: bool = False, float_format: str | None = None
) -> None:
    """Write a table as CSV; texts, names of columns and, with ``index``, names of rows are escaped.

    Parameters
    ----------
    path
        The file.
    table
        The table; numbers are written as they are.
    index
        Whether to write the names of the rows, too.
    float_format
        Format of fractional numbers, such as ``"%.6g"``.
    """
    escaped = _escape_table(table)
    escaped.index = pd.Index([_escape_value(name) for name in table.index], name=table.index.name)
    with atomic_write(path) as temporary:
        escaped.to_csv(temporary, index=index, float_format=float_format)


@contextmanager
def write_csv_parts(
    path: Path, *, float_format: str | None = None, separator: str = ",", exact: bool = False
) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Yield a function that appends rows to a CSV, escaped as by `write_csv`.

    Parameters
    ----------
    path
        The file, which takes its place when the block ends without an error.
    float_format
        Format of fractional numbers, such as ``"%.6g"``.
    separator
        What is between two cells.
    exact
        Whether numbers are written in their shortest exact form, by Arrow, in a fifth of the time; all texts
        are then in quotation marks.

    Yields
    ------
    callable
        Appends a table, all of which have the same columns; the first one's names are the header, also where
        it has no row.
    """
    with atomic_write(path) as temporary, temporary.open("wb") as file:

        def append(part: pd.DataFrame) -> None:
            escaped, is_first = _escape_table(part), file.tell() == 0
            if exact:
                options = arrow_csv.WriteOptions(include_header=is_first, delimiter=separator)
                table = pa.Table.from_pandas(escaped, preserve_index=False)
                arrow_csv.write_csv(table, file, options)
                return
            escaped.to_csv(
                file,
                header=is_first,
                index=False,
                sep=separator,
                float_format=float_format,
                lineterminator="\n",
                encoding="utf-8",
            )

        yield append


def _escape_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its texts and the names of its columns escaped as they are written to a CSV."""
    escaped = table.apply(lambda column: column.map(_escape_value) if _has_text(column) else column)
    escaped.columns = [_escape_value(name) for name in table.columns]
    return escaped


def _has_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _escape_value(value: object) -> object:
    return escape_cell(value) if isinstance(value, str) else value
