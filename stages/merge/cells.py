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
from data.channels import CHANNELS
from data.errors import InputError
from data.tables.parquet_rows import ParquetRows, write_row_groups
from data.tiles.cell_tiles import CellTiles
from data.tiles.tile_presets import PresetName
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import TileWriter
from stages.merge.order import Run, take_runs
from stages.stage import Context


class _Rows(NamedTuple):
    """Some rows of the store of a shard."""

    shard: int
    rows: NDArray[np.integer]


def join_tiles(parts: Sequence[Path], runs: Sequence[Run], output: Path, key: str, context: Context) -> None:
    """Write one tile store from those of the shards; an interrupted run of the same key goes on.

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
    total = sum(run.rows for run in runs)
    writer = TileWriter(output, total, key, stores[0].channels, cast("PresetName", stores[0].preset))
    means = [store.mean_intensities() for store in stores]

    def read(part: _Rows) -> CellTiles:
        store = stores[part.shard]
        tiles = np.zeros((len(part.rows), len(CHANNELS), store.size, store.size), np.uint8)
        tiles[:, [CHANNELS.index(channel) for channel in store.channels]] = store.read(part.rows)
        return CellTiles(
            tiles,
            store.cell_masks(part.rows),
            store.nucleus_masks(part.rows),
            means[part.shard][part.rows],
        )

    pending = list(_pending(runs, len(parts), writer.rows_to_write))
    for _, cut in context.map(read, pending, description="merge tiles", total=len(pending)):
        if isinstance(cut, Exception):
            raise cut
        writer.append(cut)
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


def _pending(runs: Sequence[Run], shards: int, rows_to_write: NDArray[np.integer]) -> Iterator[_Rows]:
    """Yield the rows of shards that are to be written, field by field."""
    start, starts = 0, [0] * shards
    for run in runs:
        first, last = np.searchsorted(rows_to_write, [start, start + run.rows])
        if last > first:
            yield _Rows(run.shard, rows_to_write[first:last] - start + starts[run.shard])
        start += run.rows
        starts[run.shard] += run.rows
