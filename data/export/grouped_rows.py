"""Rows of numbers on the disk, sorted by group, where they are too many for the memory and come unsorted."""

import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_MOST_NUMBERS = 2**24
"""Numbers of a group that are in memory at a time, 64 MB; of larger groups some columns at a time."""


class GroupPlaces:
    """Assign places among rows that are sorted by group to rows as they come.

    Parameters
    ----------
    sizes
        (m,) rows that each group will have.

    Attributes
    ----------
    starts, stops
        (m,) first place of each group, and the one after its last.
    """

    def __init__(self, sizes: NDArray[np.integer]) -> None:
        self.stops = np.cumsum(sizes)
        self.starts = self.stops - sizes
        self._next = self.starts.copy()

    def assign(self, groups: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the places of the next rows, (n,), by their groups; -1 for a row of none, -1."""
        places = np.full(len(groups), -1, np.int64)
        order = np.argsort(groups, kind="stable")
        order = order[np.searchsorted(groups[order], 0) :]
        if len(order):
            found, first, counts = np.unique(groups[order], return_index=True, return_counts=True)
            places[order] = np.arange(len(order)) + np.repeat(self._next[found] - first, counts)
            self._next[found] += counts
        return places


class GroupedRows:
    """A temporary file of rows of numbers, which is gone when it is closed, or when the process ends.

    Parameters
    ----------
    folder
        Where the file is.
    width
        Numbers in a row.
    dtype
        Their type.
    """

    def __init__(self, folder: Path, width: int, dtype: DTypeLike = np.float32) -> None:
        # Closed with this object, which is a context manager itself.
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._width, self._dtype = width, np.dtype(dtype)

    def __enter__(self) -> "GroupedRows":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, places: NDArray[np.integer], rows: NDArray[Any]) -> None:
        """Write rows (n, width) to their places, (n,); -1 for a row that is not kept."""
        kept = np.flatnonzero(places >= 0)
        kept = kept[np.argsort(places[kept], kind="stable")]
        if not len(kept):
            return
        ordered = np.ascontiguousarray(rows[kept], self._dtype)
        breaks = np.flatnonzero(np.diff(places[kept]) != 1) + 1
        for first, last in zip([0, *breaks], [*breaks, len(kept)], strict=True):
            self._write_at(int(places[kept[first]]), ordered[first:last])

    def measure(self, start: int, stop: int) -> tuple[int, NDArray[np.float64]]:
        """Return the mean, the median and the standard deviation (by n - 1) of the rows at some places.

        Returns
        -------
        tuple
            Rows without a number that is not finite, of which alone this is, and (3, width); NaN where there
            is none, or, of the standard deviation, but one.
        """
        found = np.full((3, self._width), np.nan)
        finite = np.ones(stop - start, bool)
        step = max(1, _MOST_NUMBERS // max(1, stop - start))
        blocks = [slice(left, min(left + step, self._width)) for left in range(0, self._width, step)]
        if len(blocks) > 1:
            for block in blocks:
                finite &= np.isfinite(self.read(start, stop, block)).all(axis=1)
        for block in blocks:
            rows = self.read(start, stop, block)
            if len(blocks) == 1:
                finite = np.isfinite(rows).all(axis=1)
            rows = rows[finite].astype(np.float64)
            if len(rows):
                found[0, block], found[1, block] = rows.mean(axis=0), np.median(rows, axis=0)
            if len(rows) > 1:
                found[2, block] = rows.std(axis=0, ddof=1)
        return int(finite.sum()), found

    def read(self, start: int, stop: int, columns: slice) -> NDArray[Any]:
        """Read some columns of the rows at some places, (n, columns)."""
        kept = np.empty((stop - start, columns.stop - columns.start), self._dtype)
        step = max(1, _MOST_NUMBERS // self._width)
        for first in range(start, stop, step):
            last = min(first + step, stop)
            self._file.seek(self._dtype.itemsize * self._width * first)
            rows = np.fromfile(self._file, self._dtype, (last - first) * self._width)
            kept[first - start : last - start] = rows.reshape(-1, self._width)[:, columns]
        return kept

    def _write_at(self, place: int, rows: NDArray[Any]) -> None:
        left, offset = rows.view(np.uint8).data.cast("B"), self._dtype.itemsize * self._width * place
        while left:
            written = os.pwrite(self._file.fileno(), left, offset)
            left, offset = left[written:], offset + written
