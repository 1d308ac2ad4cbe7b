"""Opening, filtering and random access in a tile store and tables of very many cells.

Run from the top folder: ``python -m benchmarks.many_cells --cells 2000000``. The first shard of a store of
simulated cells is linked as often as there are shards, so that the store takes no room; tables are made up as
in ``benchmarks.memory``. What is read next is nowhere near what was read before, but in the memory of the
system where that was large enough. Shown are medians.
"""

import argparse
import functools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow.dataset as ds
import zarr

from benchmarks.memory import write_tables
from benchmarks.report import prepare
from benchmarks.side_by_side.machine import describe_machine
from data.predictions.stored_predictions import StoredPredictions
from data.tiles.shards.compressed_rows import ARRAYS
from data.tiles.shards.store_contents import write_contents
from data.tiles.tile_store import TileStore
from data.tiles.tile_writer import SHARD_TILES, TileWriter


def main() -> None:
    """Make tables and stores of each size, and print a table of milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cells", type=int, nargs="+", default=[20_000, 200_000, 2_000_000])
    arguments = parser.parse_args()
    sys.stdout.write(f"{describe_machine()}\n\n| cells | what | ms |\n|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        simulated = prepare(Path(folder), 1) / "tiles.zarr"
        for cells in arguments.cells:
            work = Path(folder) / str(cells)
            work.mkdir()
            # Masks are not read here.
            write_tables(work, cells, characters=20)
            link_store(simulated, work / "many.zarr", cells)
            for name, task in list_tasks(work, cells).items():
                times = [_time(task, number) for number in range(9)]
                sys.stdout.write(f"| {cells} | {name} | {statistics.median(times):.1f} |\n")
                sys.stdout.flush()


def link_store(source: Path, path: Path, cells: int) -> None:
    """Make a store of so many cells, in which each shard is a link to the first one of another."""
    if len(TileStore(source)) < SHARD_TILES:
        message = f"{source}: fewer than {SHARD_TILES} cells, not one whole shard"
        raise RuntimeError(message)
    cells -= cells % SHARD_TILES
    TileWriter(path, cells, "key")
    partial = path.with_name(f".{path.name}.partial")
    for name in ARRAYS:
        array = cast("zarr.Array[Any]", zarr.open_group(source, mode="r")[name])
        rest = "/".join("0" for _ in array.shape[1:])
        for number in range(cells // SHARD_TILES):
            shard = partial / name / "c" / str(number) / rest
            shard.parent.mkdir(parents=True)
            shard.hardlink_to(source / name / "c" / "0" / rest)
    group = zarr.open_group(partial, mode="r+")
    cast("zarr.Array[Any]", group["mean_intensity"])[:] = np.full((cells, 4), 0.5, np.float32)
    write_contents(partial)
    partial.rename(path)


def list_tasks(work: Path, cells: int) -> dict[str, Callable[[int], object]]:
    """Return what is timed; each task gets the number of the repetition."""
    store = TileStore(work / "many.zarr")
    dataset = ds.dataset(work / "predictions.parquet")
    rng = np.random.default_rng(0)

    def read(count: int, _: int) -> object:
        return store.read(rng.integers(0, len(store), count))

    return {
        "open the store": lambda _: TileStore(work / "many.zarr"),
        "open the predictions": lambda _: StoredPredictions(work / "predictions.parquet"),
        "read one tile": functools.partial(read, 1),
        "read 64 tiles at random": functools.partial(read, 64),
        "cells with a class above 0.5": lambda _: dataset.to_table(
            columns=["image_id", "cell_id"], filter=ds.field("p_7") > 0.5
        ),
        "cells of one image": lambda number: dataset.to_table(
            filter=ds.field("image_id") == f"image-{number * 977 % (cells // 20):06d}"
        ),
    }


def _time(task: Callable[[int], object], number: int) -> float:
    started = time.perf_counter()
    task(number)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
