"""Corrections: what somebody who looked at single cells said of them, as the report exports it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from os import PathLike

import pandas as pd

from data.errors import InputError
from data.labels.label_file import parse_labels
from data.labels.label_set import HPA2021, LabelSet
from data.tables.csv_file import unescape_cell
from data.tables.id_hints import explain_ids
from data.tables.text_table import read_text_table

log = logging.getLogger("hpacells")

RIGHT, WRONG, CLASS, MASK = "right", "wrong", "class", "mask"
MARKS = (RIGHT, WRONG, CLASS, MASK)
"""The prediction is right, or wrong; the cell has the classes that are given; its mask is bad."""

CellKey = tuple[str, int]
"""Image ID and number of a cell."""

_NEEDED = ("ID", "Cell", "Mark", "Label")
_BOX = ("y0", "x0", "y1", "x1")
_AREA = "Area"
MEASURED = (*_BOX, "area_px")
"""Columns of a cells table by which a cell is known again."""

_EXPECTED = f"a CSV with the columns {','.join(_NEEDED)}, as the report of `hpacells inspect` exports it"


@dataclass(frozen=True)
class Correction:
    """What was said of a cell.

    Attributes
    ----------
    mark
        One of ``MARKS``.
    classes
        Its classes, ascending; None where nothing is known of them (marked wrong, or a bad mask).
    measures
        Box (y0, x0, y1, x1) and area of the cell that was marked, px; empty where the file has none.
    line
        Of the file.
    """

    mark: str
    classes: tuple[int, ...] | None
    measures: Mapping[str, int]
    line: int


def read_corrections(path: str | PathLike[str], label_set: LabelSet = HPA2021) -> dict[CellKey, Correction]:
    """Read a file of corrections: one row per cell.

    ``ID`` and ``Cell`` name the cell, ``Mark`` is right, wrong, class or mask, and ``Label`` has the cell's
    classes, by number or name and joined by ``|``, for right and class; empty for a cell of none of them.
    Box and area, where they are there, tell the cell from one that has its number after another segmentation.

    Raises
    ------
    InputError
        The file is missing or no such CSV, a value is none that is expected, or a cell is there twice.
    """
    table = read_text_table(path, _EXPECTED).map(unescape_cell)
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise InputError(
            found=f"no column {' and no column '.join(missing)} (found {','.join(table.columns)})",
            where=path,
            expected=_EXPECTED,
        )
    corrections: dict[CellKey, Correction] = {}
    for line, values in zip(table.index.tolist(), table.to_dict("records"), strict=True):
        row = {str(name): str(value) for name, value in values.items()}
        where = f"{path}, line {line}"
        key = row["ID"], _parse_number(row["Cell"], "Cell", where)
        if not row["ID"].strip():
            raise InputError(found="an empty ID", where=where, expected="the ID of the cell's image")
        if key in corrections:
            raise InputError(
                found=f"cell {key[1]} of {key[0]} is there a second time",
                where=where,
                expected="one row per cell",
            )
        corrections[key] = _parse(row, label_set, line, where)
    if not corrections:
        raise InputError(found="no correction", where=path, expected="a row for each cell that was marked")
    return corrections


def match_corrections(
    corrections: Mapping[CellKey, Correction],
    cells: pd.DataFrame,
    list_images: Callable[[], Iterable[str]],
    where: object,
) -> dict[CellKey, tuple[int, ...] | None]:
    """Match corrections with the cells that are there, and check that these are the ones that were marked.

    Parameters
    ----------
    corrections
        What was said.
    cells
        Cells of the corrected images: at least image_id, cell_id, the box and area_px.
    list_images
        Lists all images that are there, if need be.
    where
        The file of the corrections, for messages.

    Returns
    -------
    dict
        Image ID and number of each cell that is there -> its classes, None where it is to be left out. Of
        others the user is warned.

    Raises
    ------
    InputError
        None of them is there, or one has another box or area than the cell that was marked.
    """
    measured: dict[CellKey, dict[str, int]] = {
        (image_id, cell_id): dict(zip((*_BOX, _AREA), measures, strict=True))
        for image_id, cell_id, *measures in cells[["image_id", "cell_id", *MEASURED]].itertuples(index=False)
        if (image_id, cell_id) in corrections
    }
    unknown = [key for key in corrections if key not in measured]
    if unknown:
        _report_unknown(unknown, set(list_images()), len(corrections), where)
    for key, measures in measured.items():
        said = corrections[key].measures
        differing = [name for name, value in said.items() if value != measures[name]]
        if differing:
            name = differing[0]
            raise InputError(
                found=f"cell {key[1]} of {key[0]} with {name} = {said[name]}, which is now {measures[name]}",
                where=f"{where}, line {corrections[key].line}",
                expected="the cells that were marked",
                advice="the field was segmented again since: write the report and mark its cells again, or "
                "remove the rows of this field",
            )
    return {key: corrections[key].classes for key in corrections if key in measured}


def _report_unknown(unknown: list[CellKey], images: set[str], total: int, where: object) -> None:
    """Raise an error where no cell is known, else warn of those that are not."""
    image_id, number = unknown[0]
    hint = explain_ids({key[0] for key in unknown} - images, images)
    found = f"{len(unknown)} of {total} corrections are of cells that are not here, first"
    found += f" cell {number} of {image_id}"
    if len(unknown) == total:
        raise InputError(
            found=f"{found}{f': {hint}' if hint else ''}",
            where=where,
            expected="corrections of cells in this work folder",
            advice="give the file that was exported from its report",
        )
    log.warning("%s: %s%s; they are passed over", where, found, f": {hint}" if hint else "")


def _parse(row: Mapping[str, str], label_set: LabelSet, line: int, where: str) -> Correction:
    mark = row["Mark"].strip().casefold()
    if mark not in MARKS:
        raise InputError(found=f"Mark {row['Mark']!r}", where=where, expected=f"one of {', '.join(MARKS)}")
    text = row["Label"].strip()
    if mark in (WRONG, MASK) and text:
        raise InputError(
            found=f"Label {text[:60]!r} of a cell with the mark {mark}",
            where=where,
            expected="labels of cells with the marks right and class alone",
            advice=f"write {CLASS} for a cell of these classes, or empty the label",
        )
    if mark == RIGHT and not text and row.get("Predicted", "unknown").strip():
        raise InputError(
            found="no Label of a cell whose prediction is right",
            where=where,
            expected="the classes that were predicted, which the cell has",
            advice=f"name them, or, if it has none, write {CLASS} in place of {RIGHT}",
        )
    classes: tuple[int, ...] | None = None
    if mark in (RIGHT, CLASS):
        classes = parse_labels(text, label_set, where=where) if text else ()
    measures = {
        name: _parse_number(row[name], name, where) for name in (*_BOX, _AREA) if row.get(name, "").strip()
    }
    return Correction(mark, classes, measures, line)


def _parse_number(text: str, column: str, where: str) -> int:
    if not text.strip().isdecimal():
        raise InputError(found=f"{column} {text!r}", where=where, expected="a whole number")
    return int(text)
