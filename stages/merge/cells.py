"""The tile store and the cells table of all shards, in the order of one run."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.cells.cells_table import cells_file_errors
from data.cells.stored_cells import GROUP_ROWS
from data.errors import InputError
from data.tables.parquet_rows import ParquetRows, write_row_groups
from data.tiles.shards.compressed_rows import ARRAYS, Chunks, CompressedRows, check_alike
from data.tiles.tile_presets import TilesName
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter
from stages.merge.order import Run, take_runs
from stages.stage import Context


class _Shard(NamedTuple):
    """A part of the joined store, as `TileWriter.append_shard` takes it."""

    chunks: Chunks
    mean_intensities: NDArray[np.float32]


def join_tiles(parts: Sequence[Path], runs: Sequence[Run], output: Path, key: str, context: Context) -> None:
    """Write one tile store from those of the shards; an interrupted run of the same key goes on.

    The tiles stay compressed as they are, after their checksums were compared.

    Parameters
    ----------
    parts
        The tile stores of the shards.
    runs
        The cells of the fields in order.
    output
        The store to write.
    key
        What the tiles depend on.
    context
        Where the work runs.
    """
    stores = [TileStore(path) for path in parts]
    for store, path in zip(stores, parts, strict=True):
        if (store.channels, store.preset) != (stores[0].channels, stores[0].preset):
            raise InputError(
                found=f"tiles of {', '.join(store.channels)}, preset {store.preset}",
                where=path,
                expected=f"{', '.join(stores[0].channels)}, preset {stores[0].preset}, as in {parts[0]}",
                advice="cut that shard again",
            )
    check_alike(parts)
    shards, rows = _places(runs, len(parts))
    preset = cast(TilesName, stores[0].preset)
    writer = TileWriter(output, len(rows), key, stores[0].channels, preset)
    means = [store.mean_intensities() for store in stores]
    compressed = [CompressedRows(path) for path in parts]

    def read(pending: NDArray[np.intp]) -> _Shard:
        chunks: Chunks = {name: [] for name in ARRAYS}
        for places in np.split(pending, np.flatnonzero(np.diff(shards[pending])) + 1):
            for name, more in compressed[shards[places[0]]].read(rows[places]).items():
                chunks[name] += more
        return _Shard(chunks, np.stack([means[shards[row]][rows[row]] for row in pending]))

    pending = writer.shard_rows()
    for _, joined in context.map(read, pending, description="merge tiles", total=len(pending)):
        if isinstance(joined, Exception):
            raise joined
        writer.append_shard(joined.chunks, joined.mean_intensities)
    writer.finish()


def join_cells(parts: Sequence[Path], runs: Sequence[Run], output: Path) -> Counter[str]:
    """Write one cells table from those of the shards, and count for which reasons cells are dropped."""
    reasons: Counter[str] = Counter()

    def take() -> Iterator[pa.Table]:
        for table in take_runs(tables, runs):
            reasons.update(filter(None, table["dropped"].to_pylist()))
            yield table

    with cells_file_errors(parts[0]):
        tables = [ParquetRows(path) for path in parts]
    write_row_groups(output, take(), GROUP_ROWS, tables[0].schema.empty_table)
    return reasons


def _places(runs: Sequence[Run], shards: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each row of the joined store in which shard's store it lies, and in which row there."""
    sizes = [run.rows for run in runs]
    numbers = np.repeat(np.array([run.shard for run in runs], np.intp), sizes)
    rows = np.empty(len(numbers), np.intp)
    for shard in range(shards):
        own = numbers == shard
        rows[own] = np.arange(np.count_nonzero(own))
    return numbers, rows
