"""Rows of numbers on the disk, sorted by group, where they are too many for the memory and come unsorted."""

import os
import tempfile
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

_MOST_NUMBERS = 2**24
"""Numbers of a group that are in memory at a time, 64 MB; of larger groups some columns at a time."""


class GroupedRows:
    """A temporary file of float32 rows, which is gone when it is closed, or when the process ends.

    Parameters
    ----------
    folder
        Where the file is.
    places
        (n,) place of each row in the file; -1 for a row that is not kept.
    width
        Numbers in a row.
    """

    def __init__(self, folder: Path, places: NDArray[np.integer], width: int) -> None:
        # Closed with this object, which is a context manager itself.
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._places, self._width = places, width

    def __enter__(self) -> "GroupedRows":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, start: int, rows: NDArray[np.float32]) -> None:
        """Write rows (m, width), of which the first has number ``start``."""
        places = self._places[start : start + len(rows)]
        kept = np.flatnonzero(places >= 0)
        kept = kept[np.argsort(places[kept], kind="stable")]
        if not len(kept):
            return
        ordered = np.ascontiguousarray(rows[kept], np.float32)
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
                finite &= np.isfinite(self._read(start, stop, block)).all(axis=1)
        for block in blocks:
            rows = self._read(start, stop, block)
            if len(blocks) == 1:
                finite = np.isfinite(rows).all(axis=1)
            rows = rows[finite].astype(np.float64)
            if len(rows):
                found[0, block], found[1, block] = rows.mean(axis=0), np.median(rows, axis=0)
            if len(rows) > 1:
                found[2, block] = rows.std(axis=0, ddof=1)
        return int(finite.sum()), found

    def _write_at(self, place: int, rows: NDArray[np.float32]) -> None:
        left, offset = rows.view(np.uint8).data.cast("B"), 4 * self._width * place
        while left:
            written = os.pwrite(self._file.fileno(), left, offset)
            left, offset = left[written:], offset + written

    def _read(self, start: int, stop: int, columns: slice) -> NDArray[np.float32]:
        kept = np.empty((stop - start, columns.stop - columns.start), np.float32)
        step = max(1, _MOST_NUMBERS // self._width)
        for first in range(start, stop, step):
            last = min(first + step, stop)
            self._file.seek(4 * self._width * first)
            rows = np.fromfile(self._file, np.float32, (last - first) * self._width)
            kept[first - start : last - start] = rows.reshape(-1, self._width)[:, columns]
        return kept
