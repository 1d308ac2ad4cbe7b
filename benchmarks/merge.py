"""Time of joining the tile stores of shards.

Run from the top folder: ``python -m benchmarks.merge``
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from data.cores import available_cores
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.tile_writer import TileWriter
from pipeline.engines.local import LocalEngine
from stages.merge.cells import join_tiles
from stages.merge.order import Run

FIELD_CELLS = 16


def write_shard(path: Path, tiles: int, seed: int) -> None:
    """Write a store of round cells with grain like a microscope's, some 25 kB a plane as in real tiles."""
    random = np.random.default_rng(seed)
    mask = cv2.circle(np.zeros((TILE_SIZE, TILE_SIZE), np.uint8), (128, 128), 100, 1, -1) > 0
    writer = TileWriter(path, tiles, "key")
    for _ in range(tiles // FIELD_CELLS):
        grain = random.random((TILE_SIZE, TILE_SIZE, 4), dtype=np.float32)
        smooth = np.clip(cv2.GaussianBlur(grain, (0, 0), 1.5) * 400 - 120, 0, 255) * mask[..., None]
        cell = smooth.astype(np.uint8).transpose(2, 0, 1)
        masks = np.stack([mask] * FIELD_CELLS)
        means = np.zeros((FIELD_CELLS, 4), np.float32)
        writer.append(CellTiles(np.stack([cell] * FIELD_CELLS), masks, masks, means))
    writer.finish()


def main() -> None:
    """Print the time of each round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tiles", type=int, default=2048, help="of each shard")
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    runs = [Run(number % arguments.shards, FIELD_CELLS) for number in range(arguments.shards)]
    runs *= arguments.tiles // FIELD_CELLS
    total = sum(run.rows for run in runs)
    engine = LocalEngine(workers=available_cores())
    walls, processors = [], []
    with tempfile.TemporaryDirectory() as folder:
        parts = [Path(folder) / f"{number}.zarr" for number in range(arguments.shards)]
        for seed, part in enumerate(parts):
            write_shard(part, arguments.tiles, seed)
        size = sum(file.stat().st_size for part in parts for file in part.rglob("*") if file.is_file())
        print(f"{total} tiles of {size / total / 1e3:.0f} kB in {arguments.shards} stores")
        for number in range(arguments.rounds):
            wall, processor = time.perf_counter(), sum(os.times()[:2])
            join_tiles(parts, runs, Path(folder) / f"joined{number}.zarr", "key", engine)
            walls.append(time.perf_counter() - wall)
            processors.append(sum(os.times()[:2]) - processor)
    wall, processor = statistics.median(walls), statistics.median(processors)
    print(f"merge tiles: median {wall:.1f} s, {1000 * wall / total:.2f} ms a tile, ", end="")
    print(f"{1000 * processor / total:.2f} ms of processor time")


if __name__ == "__main__":
    main()
