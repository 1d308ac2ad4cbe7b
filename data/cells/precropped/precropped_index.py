"""Pre-cropped cells: an index file that says where the picture of each cell lies."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.cells.precropped.cell_stack import CHANNEL_ORDER, read_stack
from data.channels import CHANNELS
from data.errors import InputError
from data.images.grey_levels import check_white, fill_range, to_uint8
from data.images.image_file import SUFFIXES, read_plane
from data.images.pixel_bound import MAX_PIXELS
from data.images.plane_address import PlaneAddress
from data.labels.label_file import parse_labels
from data.labels.label_set import HPA2021, LabelSet
from data.tables.text_table import read_text_table

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

_read_cached = lru_cache(maxsize=2 * len(CHANNELS))(read_plane)
"""The cells of one mosaic follow each other, and a mosaic is decoded as a whole."""


@dataclass(frozen=True, slots=True)
class PrecroppedCell:
    """One row of an index: a cell whose picture lies somewhere.

    Attributes
    ----------
    image_id
        Its ID: the index's own, or ``<mosaic>_<tile>``.
    files
        Channel name -> file, or one file of four channels under the name "all".
    window
        First row, first column and side of the cell's picture in those files, px; None for all of it.
    mask
        File whose pixels above 0 are the cell, or None.
    labels
        Its class numbers; empty where the index tells none.
    group
        Name of the cells that belong together, such as those of one mosaic; empty where the index tells none.
    order
        Initials of the channels in the order of a file of four.
    max_pixels
        Pixels of the largest picture that is read.
    """

    image_id: str
    files: dict[str, Path]
    window: tuple[int, int, int] | None = None
    mask: Path | None = None
    labels: tuple[int, ...] = ()
    group: str = ""
    order: str = CHANNEL_ORDER
    max_pixels: int = MAX_PIXELS

    @property
    def address(self) -> PlaneAddress:
        """Where in its file the plane of a channel lies."""
        return PlaneAddress(max_pixels=self.max_pixels)

    def read(self, full_scale: int | None = None, full_scale_source: str = "") -> NDArray[np.uint8]:
        """Read the cell's picture, (4, H, W) uint8, R G B Y.

        Parameters
        ----------
        full_scale
            See ``data.images.grey_levels.fill_range``.
        full_scale_source
            See ``data.images.grey_levels.check_white``.

        Raises
        ------
        InputError
            A file is missing or unreadable, or has values above a white that was found in others; the
            channels differ in size, or the window reaches beyond them.
        """

        def filled(image: NDArray[Any], path: Path) -> NDArray[np.uint8]:
            picture = self._window(image)
            check_white(picture, full_scale, full_scale_source, path)
            return to_uint8(fill_range(picture, full_scale))

        if "all" in self.files:
            stack = read_stack(self.files["all"], self.order, self.max_pixels)
            return filled(stack, self.files["all"])
        read = read_plane if self.window is None else _read_cached
        planes = [filled(read(self.files[name], name, self.address), self.files[name]) for name in CHANNELS]
        if len({plane.shape for plane in planes}) > 1:
            raise InputError(
                found=f"channels of {', '.join(f'{p.shape[1]} x {p.shape[0]}' for p in planes)} px",
                where=f"cell {self.image_id}",
                expected="channels of one size",
            )
        return np.stack(planes)

    def read_mask(self) -> NDArray[np.bool_] | None:
        """Read the cell's mask (H, W), None where the index names none; errors as ``read``."""
        return None if self.mask is None else read_plane(self.mask, "red", self.address) > 0

    def _window(self, image: NDArray[Any]) -> NDArray[Any]:
        if self.window is None:
            return image
        y0, x0, size = self.window
        height, width = image.shape[-2:]
        if min(y0, x0) < 0 or size < 1 or y0 + size > height or x0 + size > width:
            raise InputError(
                found=f"{size} px from row {y0}, column {x0}, of {width} x {height} px",
                where=f"cell {self.image_id}",
                expected="a tile inside its mosaic",
            )
        return image[..., y0 : y0 + size, x0 : x0 + size]


def read_index(
    path: Path, label_set: LabelSet = HPA2021, order: str = CHANNEL_ORDER, max_pixels: int = MAX_PIXELS
) -> list[PrecroppedCell]:
    """Read an index of cells, a CSV with one row per cell; paths in it are relative to its folder.

    The columns ``mask`` (a file), ``label`` (class numbers or names joined by ``|``) and ``group`` (cells
    that belong together; by default those of a mosaic do) may be added to each of these:

    - ``mosaic,tile,y0,x0,size``: tile of a mosaic ``<mosaic>_<channel>`` beside the index;
    - ``file``: a TIFF, RGBA PNG or ``.npy`` of four channels in the order ``order``; ``ID`` or else the
      file's name is the cell's ID;
    - ``ID`` (or ``image_id``) and ``red,green,blue,yellow``: a file a channel;
    - ``ID`` (or ``image_id``) alone: files ``<ID>_<channel>`` beside the index.

    Of other columns but ``name`` the user is warned. A ``name`` that is a class must be one of the labels.

    Raises
    ------
    InputError
        The file is missing or no such table, a cell is there twice, or a row cannot be understood; the
        message names the line.
    """
    table = _read_table(path)
    find, needed = _choose_form(table, path)
    _warn_of_unread(table, (*needed, *_OPTIONAL), path)
    cells = []
    for line, values in zip(table.index, table.itertuples(index=False, name=None), strict=True):
        row: dict[str, str] = dict(zip(table.columns, values, strict=True))
        where = f"{path}, line {line}"
        image_id, files, window = find(row, where)
        if not image_id.strip():
            raise InputError(found="an empty ID", where=where, expected="a name of the cell")
        mask = path.parent / row["mask"] if row.get("mask") else None
        labels = _read_labels(row, label_set, where)
        group = row.get("group") or row.get("mosaic", "")
        cells.append(PrecroppedCell(image_id, files, window, mask, labels, group, order, max_pixels))
    twice = [image_id for image_id, count in Counter(cell.image_id for cell in cells).items() if count > 1]
    if twice:
        raise InputError(found=f"cell {twice[0]} is there twice", where=path, expected="one row per cell")
    return cells


def _read_labels(row: dict[str, str], label_set: LabelSet, where: str) -> tuple[int, ...]:
    """Read the classes of a row; a name beside them that is another class's is of another label set."""
    if not row.get("label"):
        return ()
    labels = parse_labels(row["label"], label_set, where=where)
    name = row.get("name", "").strip()
    named = None if not name or name.isdecimal() else label_set.find(name)
    if named is not None and named not in labels:
        labels_text = ", ".join(label_set.names[label] for label in labels)
        raise InputError(
            found=f"label {row['label']} is {labels_text} in {label_set}, but the name beside it is {name}",
            where=where,
            expected="number and name of the same class",
            advice="give the label set that the numbers are of (--set crops.label_set=...), or the names in "
            "the column label",
        )
    return labels


def fingerprint_cells(cells: Sequence[PrecroppedCell]) -> list[tuple[str, int, int]]:
    """Return path, bytes and modification time (ns) of the cells' files; zeros for one that is missing."""
    files = {path for cell in cells for path in (*cell.files.values(), cell.mask) if path is not None}
    stats = [(str(path), _stat(path)) for path in sorted(files)]
    return [(path, stat.st_size if stat else 0, stat.st_mtime_ns if stat else 0) for path, stat in stats]


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat() if path.is_file() else None
    except OSError:
        return None  # Such as of a name that is too long; its cell fails when it is read.


_Found = tuple[str, dict[str, Path], tuple[int, int, int] | None]


def _choose_form(
    table: pd.DataFrame, path: Path
) -> tuple[Callable[[dict[str, str], str], _Found], tuple[str, ...]]:
    """Choose how a row says where its picture lies, and which columns tell it, by those of the index."""
    folder, columns = path.parent, set(table.columns)
    id_column = next((name for name in ("ID", "image_id") if name in columns), None)

    def in_mosaic(row: dict[str, str], where: str) -> _Found:
        y0, x0, size = (_number(row[name], name, where) for name in ("y0", "x0", "size"))
        return f"{row['mosaic']}_{row['tile']}", _beside(folder, row["mosaic"]), (y0, x0, size)

    def in_one_file(row: dict[str, str], _: str) -> _Found:
        image_id = row[id_column] if id_column else Path(row["file"]).name.split(".")[0]
        return image_id, {"all": folder / row["file"]}, None

    def in_named_files(row: dict[str, str], _: str) -> _Found:
        return row[id_column or ""], {name: folder / row[name] for name in CHANNELS}, None

    def in_files_beside(row: dict[str, str], _: str) -> _Found:
        return row[id_column or ""], _beside(folder, row[id_column or ""]), None

    if columns.issuperset(_MOSAIC):
        return in_mosaic, _MOSAIC
    if "file" in columns:
        return in_one_file, ("file", id_column or "ID")
    if id_column is None or columns.intersection(CHANNELS) not in (set(), set(CHANNELS)):
        raise InputError(found=f"the columns {','.join(table.columns)}", where=path, expected=_EXPECTED)
    if "red" in columns:
        return in_named_files, (id_column, *CHANNELS)
    return in_files_beside, (id_column,)


def _warn_of_unread(table: pd.DataFrame, read: tuple[str, ...], path: Path) -> None:
    unread = [name for name in table.columns if name not in (*read, *_INFORMATION)]
    if unread:
        log.warning(
            "%s: nothing reads the column%s %s; read are %s",
            path,
            "s" if len(unread) > 1 else "",
            ", ".join(unread),
            ", ".join(read),
        )


def _read_table(path: Path) -> pd.DataFrame:
    table = read_text_table(path, _EXPECTED)
    if table.empty:
        raise InputError(found="no row", where=path, expected="one row per cell")
    return table


@lru_cache(maxsize=16)
def _channel_files(folder: Path) -> dict[tuple[str, str], Path]:
    """List the files ``<ID>_<channel>`` of a folder, channel and ending in any letter case.

    Returns
    -------
    dict
        ID and channel -> file; of several endings the first of ``SUFFIXES``.
    """
    found: dict[tuple[str, str], Path] = {}
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return {}
    for suffix in SUFFIXES:
        for path in files:
            if path.name.lower().endswith(suffix):
                name, _, channel = path.name[: -len(suffix)].rpartition("_")
                found.setdefault((name, channel.lower()), path)
    return found


@lru_cache(maxsize=4096)
def _beside(folder: Path, name: str) -> dict[str, Path]:
    """Find the files ``<name>_<channel>`` of a folder; where there is none, name a PNG for the message."""
    found = {}
    for channel in CHANNELS:
        missing = folder / f"{name}_{channel}{SUFFIXES[0]}"
        found[channel] = _channel_files(folder).get((name, channel), missing)
    return found


def _number(text: str, column: str, where: str) -> int:
    # More digits than any file has pixels; of thousands Python makes no number.
    if not text.strip().isdecimal() or len(text.strip().lstrip("0")) > _MOST_DIGITS:
        raise InputError(found=f"{column} = {text[:20]!r}", where=where, expected="a whole number of px")
    return int(text)
