"""Training a head on a frozen backbone: its features computed once, beside the backbone in every epoch.

Tiles and labels are made up, since time alone is measured. The train stage is run as a whole, one training
after another: with the backbone in every epoch, with features that are computed first, and with features
that an earlier training has left.

Run from the top folder, on one core: ``OMP_NUM_THREADS=1 taskset -c 0 python -m benchmarks.frozen_features``
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.side_by_side.machine import describe_run
from benchmarks.side_by_side.plain_tiles import draw_tiles
from data.cells.cells_table import COLUMN_TYPES, write_cells
from data.labels.label_file import write_labels
from data.tiles.cell_tiles import TILE_SIZE, CellTiles
from data.tiles.tile_writer import SHARD_TILES, TileWriter
from pipeline.engines.local import LocalEngine
from stages.train.paths import TrainInputs, TrainOutputs
from stages.train.run import run
from stages.train.settings import TrainSettings

CELLS_PER_IMAGE = 10
CLASSES = 19


def write_work(folder: Path, cells: int) -> TrainInputs:
    """Write a tile store, cells table and label file of made-up cells."""
    images = [f"image{number // CELLS_PER_IMAGE:04}" for number in range(cells)]
    table = pd.DataFrame(0, index=range(cells), columns=list(COLUMN_TYPES))
    table[[name for name, kind in COLUMN_TYPES.items() if kind == "str"]] = ""
    table["image_id"] = table["group"] = images
    table["cell_id"] = np.arange(cells) % CELLS_PER_IMAGE + 1
    inputs = TrainInputs(folder / "tiles.zarr", folder / "cells.parquet", folder / "labels.csv")
    write_cells(inputs.cells_path, table.astype(COLUMN_TYPES))
    labels = {image: (number % CLASSES,) for number, image in enumerate(dict.fromkeys(images))}
    write_labels(inputs.labels_path, labels)
    writer = TileWriter(inputs.tiles_path, cells, "benchmark")
    drawn = draw_tiles(SHARD_TILES)
    for first in range(0, cells, SHARD_TILES):
        # Each tile differs from the others, as its brightness does.
        tiles = drawn[: cells - first] // 2 + np.uint8(first * 60 // cells)
        masks = np.ones((len(tiles), TILE_SIZE, TILE_SIZE), bool)
        writer.append(CellTiles(tiles, masks, masks, np.zeros((len(tiles), 4), np.float32)))
    writer.finish()
    return inputs


def make_settings(options: argparse.Namespace, cache_features: str) -> TrainSettings:
    """Make the settings of a training: a head of one hidden layer, no early end, float32 on the CPU."""
    return TrainSettings.model_validate(
        {
            "device": "cpu",
            "precision": "float32",
            "workers": 1,
            "cache_features": cache_features,
            "tiles": {"size": options.size},
            "backbone": {"name": options.network, "pretrained": options.pretrained, "frozen": "all"},
            "fit": {"epochs": options.epochs, "early_stopping_patience": 0},
        }
    )


def main() -> None:
    """Train three times, and print the seconds of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=2000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--network", default="tf_efficientnet_lite0")
    parser.add_argument("--pretrained", default="package")
    options = parser.parse_args()
    print("\n".join(describe_run("benchmarks.frozen_features")))
    print(f"\n| {options.cells} cells, {options.epochs} epochs | all | epochs |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        inputs = write_work(Path(folder), options.cells)
        for name, choice in (
            ("the backbone in every epoch", "never"),
            ("features computed first", "always"),
            ("features there already", "always"),
        ):
            started = time.perf_counter()
            outputs = TrainOutputs(Path(folder) / "model")
            run(inputs, outputs, make_settings(options, choice), LocalEngine(1))
            seconds = time.perf_counter() - started
            epochs = pd.read_csv(outputs.model_dir / "metrics.csv")["seconds"].sum()
            print(f"| {name} | {seconds:.1f} s | {epochs:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
