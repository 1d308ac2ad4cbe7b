"""Lists of files, ``path_list.csv``, as SubCell and HPACellSegmentatorPortable take them."""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.channels import CHANNELS
from data.errors import InputError
from data.fields.field import Field
from data.fields.naming.field_ids import safe_id
from data.fields.naming.path_list_columns import FOLDERS, PREFIX, channel_of, read_list_rows

log = logging.getLogger("hpacells")

_SHOWN = 80
"""Letters of a path that cannot be one which a message shows."""


@dataclass(frozen=True)
class _Listed:
    """A row of a list: its line, the field's name, the folder of its results, and its files."""

    line: int
    name: str
    folder: str
    files: Mapping[str, Path]
    fault: InputError | None = None


def read_path_list(path: Path) -> list[Field]:
    """Read the fields of a list, one per row, ordered by image ID.

    The ID is the column ``output_prefix`` without ``_`` at its ends, or what the names of the row's files
    have in common; where rows share it, with the folder of their results before it. Paths are relative to the
    list's folder or to the current one. Rows that begin with ``#`` are passed over.

    Returns
    -------
    list of Field
        A row that cannot be read is a field with a fault, which names the line.

    Raises
    ------
    InputError
        The file is no such list, or has no row.
    """
    columns, rows = read_list_rows(path)
    listed = [_read_row(columns, row, line, path) for line, row in rows]
    if not listed:
        raise InputError(
            found="no field found: no row",
            where=path,
            expected="one row per field",
            advice="remove the # before the rows that are to be read",
        )
    fields = [_make_field(alike, image_id, path) for image_id, alike in _by_id(listed).items()]
    return sorted(fields, key=lambda field: field.image_id)


def _read_row(columns: Sequence[str], row: Sequence[str], line: int, path: Path) -> _Listed:
    where = f"{path}, line {line}"
    if len(row) != len(columns):
        fault = InputError(
            found=f"{len(row)} values", where=where, expected=f"{len(columns)}: {','.join(columns)}"
        )
        return _Listed(line, f"line_{line}", "", {}, fault)
    values = {column: value.strip() for column, value in zip(columns, row, strict=True)}
    given = {channel: text for column, text in values.items() if (channel := channel_of(column)) and text}
    named = {channel: given[channel] for channel in CHANNELS if channel in given}
    name = _clean(values.get(PREFIX, "")) or _common_name(list(named.values())) or f"line_{line}"
    folder = next((_clean(values[column]) for column in FOLDERS if values.get(column)), "")
    if not named:
        fault = InputError(found="no file", where=where, expected="that of one channel at least")
        return _Listed(line, name, folder, {}, fault)
    files, fault = {}, None
    for channel, text in named.items():
        try:
            files[channel] = _find(text, channel, path, where)
        except InputError as error:
            files[channel], fault = path.parent / text[:_SHOWN], fault or error
    return _Listed(line, name, folder, files, fault)


def _find(text: str, channel: str, path: Path, where: str) -> Path:
    if "://" in text:
        raise InputError(
            found=f"an address for {channel}, {text}",
            where=where,
            expected="a file",
            advice="download it, and write the file's name there",
        )
    # Lists written on Windows have \ between folders.
    for name in dict.fromkeys((text, text.replace("\\", "/"))):
        beside, current = path.parent / name, Path(name)
        try:
            found = [place for place in (beside, current) if place.exists()]
        except OSError as error:
            raise InputError(
                found=f"{text[:_SHOWN]!r} for {channel} ({error.strerror})",
                where=where,
                expected="the path of a file",
                advice="correct it",
            ) from None
        if len(found) == 2 and not beside.samefile(current):
            raise InputError(
                found=f"two files {text} for {channel}: in the list's folder and in the current one",
                where=where,
                expected="one of them",
                advice="write its whole path",
            )
        if found:
            return found[0]
    raise InputError(
        found=f"no such file: {text} ({channel})",
        where=where,
        expected="a file in the list's folder or in the current one, or a whole path",
        advice="correct the path, or leave the channel empty if there is none",
    )


def _clean(text: str) -> str:
    return "_".join(filter(None, (part.strip("_- .") for part in text.replace("\\", "/").split("/"))))


def _common_name(files: Sequence[str]) -> str:
    """Return the beginning that the names of files have in common, without a part of a word at its end."""
    stems = [file.replace("\\", "/").rpartition("/")[2].partition(".")[0] for file in files]
    if len(stems) == 1:
        return _clean(stems[0].rpartition("_")[0] or stems[0])
    same = 0
    while all(len(stem) > same for stem in stems) and len({stem[same] for stem in stems}) == 1:
        same += 1
    start = stems[0][:same] if stems else ""
    # In A1_mt and A1_mask the beginning A1_m ends in part of a word.
    while start and start[-1].isalnum() and any(stem[same : same + 1].isalnum() for stem in stems):
        start = start[:-1]
    return _clean(start)


def _by_id(listed: Sequence[_Listed]) -> dict[str, list[_Listed]]:
    """Return the rows of each ID; the folders of their results tell rows of one name apart."""
    folders: dict[str, set[str]] = defaultdict(set)
    for row in listed:
        folders[row.name.casefold()].add(row.folder)
    ids: dict[str, list[_Listed]] = defaultdict(list)
    first: dict[str, str] = {}
    for row in listed:
        several = len(folders[row.name.casefold()]) > 1 and row.folder
        image_id = f"{row.folder}_{row.name}" if several else row.name
        ids[first.setdefault(image_id.casefold(), image_id)].append(row)
    return ids


def _make_field(rows: Sequence[_Listed], image_id: str, path: Path) -> Field:
    row = rows[0]
    image_id, fault = safe_id(image_id, f"{path}, line {row.line}")
    different = [other for other in rows[1:] if other.files != row.files]
    if different:
        fault = InputError(
            found=f"the field {image_id} a second time, with other files than in line {row.line}",
            where=f"{path}, line {different[0].line}",
            expected=f"another {PREFIX} in every row",
        )
    elif len(rows) > 1:
        lines = Counter(other.line for other in rows[1:])
        log.warning("%s, line %s: as line %d, and passed over", path, ", ".join(map(str, lines)), row.line)
    return Field(image_id, dict(row.files), fault=row.fault if not different and row.fault else fault)
