"""Features of cells on disk, which the training of a head reads again and again by memory map."""

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.atomic import atomic_write

_ABSENT = 0
"""In place of a checksum: the row has not been computed."""


class FeatureStore:
    """Features (rows, F) float32 in a file that is filled row by row, in any order, and goes on where it was.

    Beside it lie the checksums of the rows. A row counts only where its features have the checksum that was
    written after them, so that nothing which a killed process or a failing disk left is read as features.
    Both files are sparse: rows that are never asked for take no room.

    Parameters
    ----------
    path
        The file, ``.npy``; one of another shape is replaced.
    rows, width
        Its shape.
    """

    def __init__(self, path: Path, rows: int, width: int) -> None:
        self._path, self._sums_path = path, path.with_suffix(".crc32.npy")
        self.shape = (rows, width)
        if not self._is_whole():
            self._sums_path.unlink(missing_ok=True)
            _create(path, self.shape, np.float32)
            _create(self._sums_path, (rows,), np.uint32)
        self._checked = np.zeros(rows, bool)

    def open(self) -> "np.memmap[tuple[int, ...], np.dtype[np.float32]]":
        """Map the features (rows, F) float32 into memory, for reading."""
        return np.lib.format.open_memmap(self._path, mode="r")

    def find_missing(self, rows: NDArray[np.integer]) -> NDArray[np.intp]:
        """Find those of some rows, each once and in order, whose features are still to be computed."""
        features, sums = self.open(), np.lib.format.open_memmap(self._sums_path, mode="r")
        wanted = np.unique(np.asarray(rows, np.intp))
        for row in wanted[~self._checked[wanted]].tolist():
            if sums[row] != _ABSENT:
                self._checked[row] = sums[row] == _checksum(features[row])
        return wanted[~self._checked[wanted]]

    def write(self, rows: NDArray[np.integer], features: NDArray[np.float32]) -> None:
        """Write the features (n, F) of some rows.

        Into the file, not into mapped memory: a full disk is then an error, and does not end the process.
        """
        sums = np.array([_checksum(row) for row in features], np.uint32)
        for path, values in ((self._path, features.astype(np.float32, copy=False)), (self._sums_path, sums)):
            array = np.lib.format.open_memmap(path, mode="r")
            size = array.itemsize * int(np.prod(array.shape[1:]))
            with path.open("r+b") as file:
                for row, value in zip(rows.tolist(), values, strict=True):
                    file.seek(array.offset + row * size)
                    file.write(value.tobytes())

    def _is_whole(self) -> bool:
        try:
            features, sums = (
                np.lib.format.open_memmap(path, mode="r") for path in (self._path, self._sums_path)
            )
        except (OSError, ValueError):
            return False
        return (features.shape, features.dtype) == (self.shape, np.float32) and (sums.shape, sums.dtype) == (
            self.shape[:1],
            np.uint32,
        )


def _create(path: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> None:
    with atomic_write(path) as temporary:
        np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape).flush()


def _checksum(row: NDArray[np.float32]) -> int:
    return max(zlib.crc32(np.ascontiguousarray(row).tobytes()), 1)
