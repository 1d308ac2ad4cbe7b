"""Cells on the disk, sorted by group, of which all classes are summarised some thousands at a time."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from data.export.grouped_rows import GroupedRows, GroupPlaces
from data.variability.cell_groups import CellGroups
from data.variability.class_summary import ClassSummary, summarise_class
from data.variability.spread_test import Spreads, measure_spreads

_CELLS = 2**14
"""Cells in memory at a time, but for those that complete a group."""

_MOST_NUMBERS = 2**22
"""Probabilities in memory at a time; of larger groups some classes at a time."""

Arrays = TypeVar("Arrays", ClassSummary, Spreads)


class SortedCells:
    """Probabilities and called classes of cells, which come in any order, sorted by group.

    Parameters
    ----------
    folder
        Where they are, in temporary files.
    sizes
        (m,) cells that each group will have, in the order of the groups.
    classes
        How many classes.
    """

    def __init__(self, folder: Path, sizes: NDArray[np.integer], classes: int) -> None:
        self._places, self._classes = GroupPlaces(sizes), classes
        self._probabilities = GroupedRows(folder, classes)
        self._called = GroupedRows(folder, classes, bool)

    def __enter__(self) -> "SortedCells":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for rows in (self._probabilities, self._called):
            rows.__exit__(kind, error, traceback)

    def add(
        self, groups: NDArray[np.integer], probabilities: NDArray[np.float32], called: NDArray[np.bool_]
    ) -> None:
        """Take cells: their groups (n,), -1 for none, and the classes, (n, classes)."""
        places = self._places.assign(groups)
        self._probabilities.write(places, probabilities)
        self._called.write(places, called)

    def summarise(self, sizes: NDArray[np.integer]) -> list[ClassSummary]:
        """Summarise each class, by groups that follow each other and have so many cells, (m,)."""
        found: list[list[ClassSummary]] = [[] for _ in range(self._classes)]
        for label, probabilities, called, groups in self._read(sizes):
            found[label].append(summarise_class(probabilities, called, groups))
        return [_join(parts) for parts in found]

    def measure_spreads(self, sizes: NDArray[np.integer]) -> list[Spreads]:
        """Measure how far the cells lie apart in each class, by groups as of `summarise`."""
        found: list[list[Spreads]] = [[] for _ in range(self._classes)]
        for label, probabilities, _, groups in self._read(sizes):
            found[label].append(measure_spreads(probabilities, groups))
        return [_join(parts) for parts in found]

    def _read(
        self, sizes: NDArray[np.integer]
    ) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.bool_], CellGroups]]:
        """Yield the cells of some groups for one class after the other."""
        stops = np.cumsum(sizes)
        first = 0
        # Without any group there still is a summary of each class.
        while first < len(sizes) or not first:
            start = int(stops[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(stops, start + _CELLS, side="right")))
            chosen = sizes[first:last]
            stop, groups = start + int(chosen.sum()), _group(chosen)
            step = max(1, _MOST_NUMBERS // max(1, stop - start))
            for left in range(0, self._classes, step):
                columns = slice(left, min(left + step, self._classes))
                probabilities = self._probabilities.read(start, stop, columns)
                called = self._called.read(start, stop, columns)
                for place in range(columns.stop - left):
                    yield left + place, probabilities[:, place], called[:, place], groups
            first = last


def _group(sizes: NDArray[np.integer]) -> CellGroups:
    return CellGroups(np.repeat(np.arange(len(sizes)), sizes), len(sizes))


def _join(parts: list[Arrays]) -> Arrays:
    """Join the groups of all parts."""
    names = [field.name for field in fields(parts[0])]
    return type(parts[0])(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def arrange(summary: Arrays, order: NDArray[np.integer]) -> Arrays:
    """Return the groups in another order, given by their places in this one, (m,)."""
    return type(summary)(**{field.name: getattr(summary, field.name)[order] for field in fields(summary)})
