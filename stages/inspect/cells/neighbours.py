"""Which cells of a report are most like each other."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.tables.parquet_rows import read_batches
from stages.inspect.cells.places import Places
from stages.inspect.cells.predicted_cells import PredictedCells
from stages.stage import Context

_MOST = 10_000
"""Cells among which neighbours are sought, so that time and memory grow with the cells alone."""

_DIMENSIONS = 64
_BLOCK = 512
_ROWS = 4096

BY_EMBEDDING = "by the classifier's embedding"
BY_PROBABILITIES = "by the probabilities of all classes, since the predictions have no embedding"


class Neighbours(Mapping[int, Sequence[Sequence[float]]]):
    """The cells that are most like each of some cells.

    Parameters
    ----------
    rows
        (n, k) int32 rows of the neighbours of each row of the cells table, the nearest first; -1 for none.
    distances
        (n, k) float32 cosine distances, 0..2.
    places
        Where the cells are shown.
    note
        By what cells were compared, and with which; empty where nothing was.
    """

    def __init__(
        self, rows: NDArray[np.int32], distances: NDArray[np.float32], places: Places, note: str
    ) -> None:
        self._rows, self._distances, self._places, self.note = rows, distances, places, note

    def __getitem__(self, row: int) -> Sequence[Sequence[float]]:
        """Return page, number and distance of the neighbours of a row."""
        pairs = zip(self._rows[row].tolist(), self._distances[row].tolist(), strict=True)
        return [[*self._places.refer(other), distance] for other, distance in pairs if other >= 0]

    def __iter__(self) -> Iterator[int]:
        """Iterate over the rows."""
        return iter(range(len(self._rows)))

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._rows)


def find_neighbours(
    predictions: Path | None, predicted: PredictedCells, places: Places, count: int, context: Context
) -> Neighbours:
    """Find the nearest neighbours of all cells that are shown and were predicted.

    Cells are compared by the cosine distance of their embeddings, of which the 64 first principal components
    are taken, or where there are none of the roots of their probabilities. Neighbours are sought among at
    most 10,000 cells, evenly spread; memory holds those, a block of others, and ``count`` numbers per cell.

    Parameters
    ----------
    predictions
        The predictions table; None where nothing was predicted.
    predicted
        What it says, in the order of the cells table.
    places
        Where the cells are shown.
    count
        How many neighbours; 0 for none.
    context
        Shows the progress.
    """
    total = len(predicted.rows)
    rows = np.full((total, count), -1, np.int32)
    distances = np.zeros((total, count), np.float32)
    shown = np.flatnonzero((predicted.rows >= 0) & (places.page > 0))
    if predictions is None or not count or len(shown) < 2:
        return Neighbours(rows, distances, places, "")
    chosen = shown[np.unique(np.linspace(0, len(shown) - 1, _MOST).astype(int))]
    vectors = _Vectors(predictions, predicted, shown)
    space = _Space(list(vectors.blocks(chosen)), total)
    with context.track("neighbours", len(shown)) as advance:
        for part, block in vectors.blocks(shown):
            for start in range(0, len(part), _BLOCK):
                queries = part[start : start + _BLOCK]
                found, apart = space.search(block[start : start + _BLOCK], queries, count)
                rows[queries, : found.shape[1]] = found
                distances[queries, : found.shape[1]] = apart
                advance(len(queries))
    among = f", among {len(chosen)} of {len(shown)} cells, evenly spread" if len(chosen) < len(shown) else ""
    return Neighbours(rows, distances, places, f"{vectors.what}{among}")


class _Vectors:
    """The vectors by which cells are compared, read block by block."""

    def __init__(self, predictions: Path, predicted: PredictedCells, shown: NDArray[np.intp]) -> None:
        self._path, self._predicted = predictions, predicted
        with pq.ParquetFile(predictions) as file:
            self._has_embedding = "embedding" in file.schema_arrow.names
        # In the order of the predictions.
        self._cells = shown[np.argsort(predicted.rows[shown])]

    @property
    def what(self) -> str:
        return BY_EMBEDDING if self._has_embedding else BY_PROBABILITIES

    def blocks(self, wanted: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]:
        """Yield rows of the cells table and their vectors of length 1, in the order of the predictions."""
        if not self._has_embedding:
            order = wanted[np.argsort(self._predicted.rows[wanted])]
            for start in range(0, len(order), _ROWS):
                part = order[start : start + _ROWS]
                yield part, _normalise(np.sqrt(self._predicted.probabilities[part]))
            return
        is_wanted = np.zeros(len(self._predicted.rows), bool)
        is_wanted[wanted] = True
        cells = self._cells[is_wanted[self._cells]]
        rows, start = self._predicted.rows[cells], 0
        for batch in read_batches(self._path, _ROWS, ["embedding"]):
            first, last = np.searchsorted(rows, (start, start + len(batch)))
            if first < last:
                values = batch.column(0).flatten().to_numpy(zero_copy_only=False)
                block = values.reshape(len(batch), -1)[rows[first:last] - start]
                yield cells[first:last], _normalise(block.astype(np.float32))
            start += len(batch)


class _Space:
    """Cells among which neighbours are sought, given as rows of the cells table and their vectors."""

    def __init__(self, blocks: Sequence[tuple[NDArray[np.intp], NDArray[np.float32]]], total: int) -> None:
        self._rows = np.concatenate([rows for rows, _ in blocks])
        self._place = np.full(total, -1, np.intp)
        self._place[self._rows] = np.arange(len(self._rows))
        vectors = np.concatenate([block for _, block in blocks])
        self._axes: NDArray[np.float32] | None = None
        if vectors.shape[1] > _DIMENSIONS:
            # The mean is not taken away, so that angles between vectors stay what they are.
            _, axes = np.linalg.eigh(vectors.T.astype(float) @ vectors)
            self._axes = np.ascontiguousarray(axes[:, -_DIMENSIONS:], np.float32)
        self._points = self._project(vectors)

    def _project(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return vectors if self._axes is None else _normalise(vectors @ self._axes)

    def search(
        self, block: NDArray[np.float32], queries: NDArray[np.intp], count: int
    ) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Return rows and distances of the nearest, (n, count) or fewer, without the cells themselves."""
        apart = 1 - self._project(block) @ self._points.T
        own = self._place[queries]
        apart[np.flatnonzero(own >= 0), own[own >= 0]] = np.inf
        count = min(count, len(self._rows) - 1)
        nearest = np.argpartition(apart, count, axis=1)[:, :count]
        values = np.take_along_axis(apart, nearest, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        nearest, values = (np.take_along_axis(array, order, axis=1) for array in (nearest, values))
        return self._rows[nearest], np.clip(values, 0, 2).astype(np.float32)


def _normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.float32(1e-12))
