"""Which cells share a page of the report: those of a group, or blocks of cells that are alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class CellGroup:
    """The cells of one page.

    Attributes
    ----------
    number
        The page's, from 1 on.
    title
        Name of the group, or the first and last of cells that have none.
    rows
        Rows of the cells table, ascending.
    together
        Whether they are a group: such cells are shown with one contrast.
    """

    number: int
    title: str
    rows: NDArray[np.intp]
    together: bool


def divide_cells(image_ids: Sequence[str], groups: Sequence[str], cells_per_page: int) -> list[CellGroup]:
    """Divide cells into pages, a group a page, in the order in which the groups first occur.

    A group of more than ``cells_per_page`` cells gets several pages; cells that are alone in their group come
    last, so many a page.
    """
    codes, names = pd.factorize(np.asarray(groups, object))
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])
    pages: list[tuple[str, NDArray[np.intp], bool]] = []
    for name, rows in zip(names, members, strict=True):
        parts = _cut(rows, cells_per_page) if len(rows) > 1 else []
        for number, part in enumerate(parts, start=1):
            title = name if len(parts) == 1 else f"{name}, part {number} of {len(parts)}"
            pages.append((title, part, True))
    alone = np.sort(np.concatenate([rows for rows in members if len(rows) == 1] or [order[:0]]))
    for part in _cut(alone, cells_per_page):
        first, last = image_ids[int(part[0])], image_ids[int(part[-1])]
        pages.append((first if len(part) == 1 else f"{first} to {last}", part, False))
    return [CellGroup(number, *page) for number, page in enumerate(pages, start=1)]


def _cut(rows: NDArray[np.intp], length: int) -> list[NDArray[np.intp]]:
    return [rows[start : start + length] for start in range(0, len(rows), length)]
