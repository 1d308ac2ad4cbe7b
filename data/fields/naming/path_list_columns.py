"""The columns of a list of files, with a heading, one that is a comment, or none."""

import logging
from collections.abc import Sequence
from pathlib import Path

from data.errors import InputError
from data.fields.naming.channel_patterns import find_channel
from data.fields.naming.folder_listing import image_suffix_of
from data.tables.text_table import read_text_rows
from data.text.readable_text import readable_line

log = logging.getLogger("hpacells")

PREFIX = "output_prefix"
"""The column of the fields' names."""

FOLDERS = ("output_folder", "segmentation_folder", "crop_folder")
"""Columns of folders for results, whose names tell fields of one name apart."""

_PASSED_OVER = (*FOLDERS, "segmentation_mask", "cell_mask", "nuclei_mask")
"""Columns that other programs need and hpacells does not."""

_EXPECTED = (
    "a folder of images, or a list (CSV) with the columns r_image,y_image,b_image,g_image,output_prefix"
)

_Row = tuple[int, list[str]]


def read_list_rows(path: Path) -> tuple[list[str], list[_Row]]:
    """Read the columns of a list of files, and its rows with their lines.

    A heading may be a comment (``#r_image,...``), as SubCell wants it. Without one the columns are known by
    their number, and that is logged. Rows that begin with ``#`` are left out.

    Raises
    ------
    InputError
        It is no such list: there is no column of a channel, a column is there twice, or one is that of an
        unknown channel.
    """
    rows = [(line, row) for line, row in read_text_rows(path, _EXPECTED) if any(map(str.strip, row))]
    first = next((place for place, (_, row) in enumerate(rows) if not _is_comment(row)), len(rows))
    for place, (line, row) in enumerate(rows[: first + 1]):
        columns = [name.strip().lower() for name in (row[0].lstrip("# "), *row[1:])]
        if _is_heading(columns):
            _check_columns(columns, f"{path}, line {line}")
            return columns, _without_comments(rows[place + 1 :])
    return _guess_columns(rows[first:], path), _without_comments(rows[first:])


def channel_of(column: str) -> str | None:
    """Return the channel of a column, such as ``r_image``, ``red`` or ``nuclei_image``, or None."""
    return find_channel(column.removesuffix("_image"))


def _is_comment(row: Sequence[str]) -> bool:
    return row[0].lstrip().startswith("#")


def _without_comments(rows: Sequence[_Row]) -> list[_Row]:
    return [(line, row) for line, row in rows if not _is_comment(row)]


def _is_heading(columns: Sequence[str]) -> bool:
    return any(name == PREFIX or channel_of(name) for name in columns) and not any(
        image_suffix_of(name) for name in columns
    )


def _check_columns(columns: Sequence[str], where: str) -> None:
    channels = [channel_of(name) for name in columns]
    for place, name in enumerate(columns):
        if name in columns[:place] or (channels[place] and channels[place] in channels[:place]):
            other = columns[channels.index(channels[place])]
            twice = f"the column {name} twice"
            found = twice if name in columns[:place] else f"{name} and {other}, both {channels[place]}"
            raise InputError(found=readable_line(found), where=where, expected=_EXPECTED)
    others = [
        name
        for name, channel in zip(columns, channels, strict=True)
        if name and channel is None and name not in (PREFIX, *_PASSED_OVER)
    ]
    strange = [name for name in others if name.endswith("_image")]
    if strange or not any(channels):
        found = f"no channel {strange[0]}" if strange else f"no column of a channel in {','.join(columns)}"
        raise InputError(found=readable_line(found), where=where, expected=_EXPECTED)
    if others:
        log.warning("%s: not read: the column%s %s", where, "s" * (len(others) > 1), ", ".join(others))


def _guess_columns(rows: Sequence[_Row], path: Path) -> list[str]:
    line, row = rows[0] if rows else (1, [])
    count = len(row)
    looks = bool(row) and any(image_suffix_of(value.strip()) for value in row[:4])
    # HPACellSegmentatorPortable had no protein at first.
    has_protein = count >= 4 and (not row[3].strip() or bool(image_suffix_of(row[3].strip())))
    images = ["r_image", "y_image", "b_image", *(["g_image"] if has_protein else [])]
    folders = {0: [], 1: ["output_folder"], 2: ["segmentation_folder", "crop_folder"]}.get(
        count - len(images) - 1
    )
    if not looks or folders is None:
        raise InputError(
            found=f"no list of images (line {line}: {readable_line(','.join(row))[:80] or 'nothing'})",
            where=path,
            expected=_EXPECTED,
        )
    columns = [*images, *folders, PREFIX]
    log.warning("%s: it has no heading; its columns are taken for %s", path, ",".join(columns))
    return columns
