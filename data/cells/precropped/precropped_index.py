"""Pre-cropped cells: an index file that says where the picture of each cell lies."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.cells.precropped.cell_stack import CHANNEL_ORDER
from data.cells.precropped.index_files import find_beside
from data.cells.precropped.precropped_cell import PrecroppedCell
from data.channels import CHANNELS
from data.errors import InputError
from data.images.pixel_bound import MAX_PIXELS
from data.labels.label_file import parse_labels
from data.labels.label_set import HPA2021, LabelSet
from data.tables.text_table import TextTable

log = logging.getLogger("hpacells")

_MOSAIC = ("mosaic", "tile", "y0", "x0", "size")
_OPTIONAL = ("mask", "label", "group")
_MOST_DIGITS = 9
_INFORMATION = ("name",)
"""Columns that tell the reader something, such as the name of the label's class, and say nothing new."""

_EXPECTED = (
    "the columns mosaic,tile,y0,x0,size, or file (a TIFF or RGBA PNG of four channels), or ID with "
    "red,green,blue,yellow or with files <ID>_<channel> beside the index"
)


class PrecroppedIndex:
    """An index of cells, a CSV with one row per cell; paths in it are relative to its folder.

    All rows are checked at once, and read anew each time that the cells are asked for, one after the other,
    since of a large index the cells would take much memory.

    The columns ``mask`` (a file), ``label`` (class numbers or names joined by ``|``) and ``group`` (cells
    that belong together; by default those of a mosaic do) may be added to each of these:

    - ``mosaic,tile,y0,x0,size``: tile of a mosaic ``<mosaic>_<channel>`` beside the index;
    - ``file``: a TIFF, RGBA PNG or ``.npy`` of four channels in the order ``order``; ``ID`` or else the
      file's name is the cell's ID;
    - ``ID`` (or ``image_id``) and ``red,green,blue,yellow``: a file a channel;
    - ``ID`` (or ``image_id``) alone: files ``<ID>_<channel>`` beside the index.

    Of other columns but ``name`` the user is warned. A ``name`` that is a class must be one of the labels.

    Parameters
    ----------
    path
        The file.
    label_set
        The classes of its labels.
    order, max_pixels
        As of the cells.

    Attributes
    ----------
    labelled
        Cells that have a label.

    Raises
    ------
    InputError
        The file is missing or no such table, a cell is there twice, or a row cannot be understood; the
        message names the line.
    """

    def __init__(
        self,
        path: Path,
        label_set: LabelSet = HPA2021,
        order: str = CHANNEL_ORDER,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self._path, self._label_set, self._order, self._max_pixels = path, label_set, order, max_pixels
        self._table = TextTable(path, _EXPECTED)
        if not len(self):
            raise InputError(found="no row", where=path, expected="one row per cell")
        self._find, needed = _choose_form(self._table.columns, path)
        self._known: dict[str, tuple[int, ...]] = {"": ()}
        _warn_of_unread(self._table.columns, (*needed, *_OPTIONAL), path)
        self.labelled, hashes = 0, np.empty(len(self), np.int64)
        for number, cell in enumerate(self):
            hashes[number] = hash(cell.image_id)
            self.labelled += bool(cell.labels)
        self._refuse_repeated(hashes)

    def __len__(self) -> int:
        """How many cells there are."""
        return len(self._table)

    def __iter__(self) -> Iterator[PrecroppedCell]:
        """Read the cells, in the order of the rows."""
        return map(self._make_cell, self._table.read())

    def take(self, numbers: Iterable[int]) -> list[PrecroppedCell]:
        """Read some cells, by their numbers from 0 on, which ascend."""
        wanted = frozenset(numbers)
        rows = (row for number, row in enumerate(self._table.read()) if number in wanted)
        return list(map(self._make_cell, rows))

    def _make_cell(self, numbered: tuple[int, list[str]]) -> PrecroppedCell:
        line, values = numbered
        row, where = dict(zip(self._table.columns, values, strict=True)), f"{self._path}, line {line}"
        image_id, files, window = self._find(row, where)
        if not image_id.strip():
            raise InputError(found="an empty ID", where=where, expected="a name of the cell")
        mask = self._path.parent / row["mask"] if row.get("mask") else None
        group = row.get("group") or row.get("mosaic", "")
        labels = self._read_labels(row.get("label", ""), row.get("name", "").strip(), where)
        return PrecroppedCell(image_id, files, window, mask, labels, group, self._order, self._max_pixels)

    def _read_labels(self, label: str, name: str, where: str) -> tuple[int, ...]:
        """Read the classes of a row; a name beside them that is another class's is of another label set."""
        if label not in self._known:
            self._known[label] = parse_labels(label, self._label_set, where=where)
        labels, label_set = self._known[label], self._label_set
        if not labels or not name or name.isdecimal():
            return labels
        named = label_set.find(name)
        if named is not None and named not in labels:
            labels_text = ", ".join(label_set.names[label] for label in labels)
            raise InputError(
                found=f"label {label} is {labels_text} in {label_set}, but the name beside it is {name}",
                where=where,
                expected="number and name of the same class",
                advice="give the label set that the numbers are of (--set crops.label_set=...), or the names "
                "in the column label",
            )
        return labels

    def _refuse_repeated(self, hashes: NDArray[np.int64]) -> None:
        """Refuse an ID that is there twice; only IDs whose hash is there twice are compared."""
        hashes.sort()
        repeated = frozenset(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
        if not repeated:
            return
        counts = Counter(cell.image_id for cell in self if hash(cell.image_id) in repeated)
        twice = [image_id for image_id, count in counts.items() if count > 1]
        if twice:
            raise InputError(
                found=f"cell {twice[0]} is there twice", where=self._path, expected="one row per cell"
            )


_Found = tuple[str, dict[str, Path], tuple[int, int, int] | None]


def _choose_form(
    columns: tuple[str, ...], path: Path
) -> tuple[Callable[[dict[str, str], str], _Found], tuple[str, ...]]:
    """Choose how a row says where its picture lies, and which columns tell it, by those of the index."""
    folder, present = path.parent, set(columns)
    id_column = next((name for name in ("ID", "image_id") if name in present), None)

    def in_mosaic(row: dict[str, str], where: str) -> _Found:
        y0, x0, size = (_number(row[name], name, where) for name in ("y0", "x0", "size"))
        return f"{row['mosaic']}_{row['tile']}", find_beside(folder, row["mosaic"]), (y0, x0, size)

    def in_one_file(row: dict[str, str], _: str) -> _Found:
        image_id = row[id_column] if id_column else Path(row["file"]).name.split(".")[0]
        return image_id, {"all": folder / row["file"]}, None

    def in_named_files(row: dict[str, str], _: str) -> _Found:
        return row[id_column or ""], {name: folder / row[name] for name in CHANNELS}, None

    def in_files_beside(row: dict[str, str], _: str) -> _Found:
        return row[id_column or ""], find_beside(folder, row[id_column or ""]), None

    if present.issuperset(_MOSAIC):
        return in_mosaic, _MOSAIC
    if "file" in present:
        return in_one_file, ("file", id_column or "ID")
    if id_column is None or present.intersection(CHANNELS) not in (set(), set(CHANNELS)):
        raise InputError(found=f"the columns {','.join(columns)}", where=path, expected=_EXPECTED)
    if "red" in present:
        return in_named_files, (id_column, *CHANNELS)
    return in_files_beside, (id_column,)


def _warn_of_unread(columns: tuple[str, ...], read: tuple[str, ...], path: Path) -> None:
    unread = [name for name in columns if name not in (*read, *_INFORMATION)]
    if unread:
        log.warning(
            "%s: nothing reads the column%s %s; read are %s",
            path,
            "s" if len(unread) > 1 else "",
            ", ".join(unread),
            ", ".join(read),
        )


def _number(text: str, column: str, where: str) -> int:
    # More digits than any file has pixels; of thousands Python makes no number.
    if not text.strip().isdecimal() or len(text.strip().lstrip("0")) > _MOST_DIGITS:
        raise InputError(found=f"{column} = {text[:20]!r}", where=where, expected="a whole number of px")
    return int(text)
