"""Peak memory of the stages that read the cells table, by the number of cells.

Run from the top folder: ``python -m benchmarks.memory``. The tables are made up: images of 20 cells (or
of one, as pre-cropped cells are, with ``--cells-per-image 1``), mask strings of 1.7 kB as real ones have,
probabilities of 19 classes. With ``--shuffle`` the rows of the predictions are in no order. Each stage runs
in a process of its own.
Fields and tiles are left out, since their memory is that of one field: of `crops` the tiles are not written,
and `inspect` shows one field; exports are those of ``benchmarks.memory_exports``, and what makes and judges
predictions is in ``benchmarks.memory_predictions``, `crops --from` in ``benchmarks.memory_crops``.
"""

import argparse
import functools
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.memory_crops import CROPPING
from benchmarks.memory_exports import EXPORTS, WIDTH, export_tables
from benchmarks.memory_predictions import IMAGE_WEIGHT, PREDICTING
from benchmarks.side_by_side.machine import describe_machine
from data.cells.cells_table import COLUMN_TYPES
from data.cells.stored_cells import GROUP_ROWS, write_cell_parts
from data.channels import CHANNELS
from data.fields.field import Field
from data.fields.images_table import write_images
from data.fields.shard import find_shard_number
from data.predictions.predictions_table import write_predictions
from data.tiles.cell_tiles import CellTiles
from data.tiles.tile_writer import TileWriter
from pipeline.engines.local import LocalEngine

_CELLS_PER_IMAGE = 20
_MASK_CHARACTERS = 1700
_SIDE = 2048
_STAGES = ("combine", "inspect", "merge", *EXPORTS, *PREDICTING, *CROPPING)
_SHARDS = 4
_PART_CELLS = 20_000


def write_tables(
    folder: Path, cells: int, characters: int, per_image: int = _CELLS_PER_IMAGE, *, shuffle: bool = False
) -> None:
    """Write the tables of so many cells, with mask strings of so many characters, and a tile store of one."""
    rng, images = np.random.default_rng(1), cells // per_image
    image_ids = [f"image-{number:06d}" for number in range(images)]
    ids, numbers = np.repeat(image_ids, per_image), np.tile(np.arange(1, per_image + 1), images)
    parts = (slice(start, start + _PART_CELLS) for start in range(0, cells, _PART_CELLS))
    write_cell_parts(
        folder / "cells.parquet", (_make_cells(rng, ids[part], numbers[part], characters) for part in parts)
    )
    sizes = {"image_height": _SIDE, "image_width": _SIDE, "cells": per_image}
    write_images(folder / "images.parquet", pd.DataFrame({"image_id": image_ids, **sizes}))
    # As of a classifier: one class is likely, and few others are above 0.01.
    probabilities = rng.beta(0.08, 4.0, (cells, 19))
    if shuffle:
        order = rng.permutation(cells)
        ids, numbers, probabilities = ids[order], numbers[order], probabilities[order]
    write_predictions(
        folder / "predictions.parquet", ids.tolist(), numbers, probabilities, labels=["7"] * cells
    )
    weighted = folder / "weighted.parquet"
    write_predictions(
        weighted, ids.tolist(), numbers, probabilities, labels=["7"] * cells, image_weight=IMAGE_WEIGHT
    )
    embedding = rng.normal(size=(cells, WIDTH)).astype(np.float32)
    embedded = folder / "embedded.parquet"
    write_predictions(embedded, ids.tolist(), numbers, probabilities, embedding, labels=["7"] * cells)
    if not shuffle:
        _write_shards(folder)
    writer = TileWriter(folder / "tiles.zarr", 1, "key")
    writer.append(CellTiles.blank(1))
    writer.finish()


def _make_cells(
    rng: np.random.Generator, ids: NDArray[Any], numbers: NDArray[np.integer], characters: int
) -> pd.DataFrame:
    """Make up some rows of the cells table."""
    digits = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)
    masks = [digits[rng.integers(0, 64, characters)].tobytes().decode() for _ in numbers]
    numeric = {name: np.ones(len(ids)) for name, kind in COLUMN_TYPES.items() if kind != "str"}
    columns: dict[str, Any] = {**numeric, "image_id": ids, "cell_id": numbers, "rle": masks}
    columns |= {"group": ids, "dropped": "", "image_hash": "", "image_height": _SIDE, "image_width": _SIDE}
    return pd.DataFrame(columns)


def _write_shards(folder: Path) -> None:
    """Write the parts of the tables that shards would have."""
    for name in ("images", "cells", "predictions"):
        table = pq.read_table(folder / f"{name}.parquet")
        find = functools.cache(find_shard_number)
        shards = np.array([find(image_id, _SHARDS) for image_id in table["image_id"].to_pylist()])
        for number in range(_SHARDS):
            part = table.filter(pa.array(shards == number))
            pq.write_table(part, folder / f"{name}-{number}.parquet", row_group_size=GROUP_ROWS)


def run_stage(stage: str, folder: Path, per_image: int) -> None:
    """Run one stage on the tables of a folder, which have so many cells an image."""
    if stage == "merge":
        _merge(folder)
        return
    context = LocalEngine(workers=1)
    if stage in PREDICTING or stage in CROPPING:
        (PREDICTING | CROPPING)[stage](folder, context)
        return
    cells, table, predictions = (folder / f"{name}.parquet" for name in ("cells", "images", "predictions"))
    if stage == "combine":
        from stages.combine.paths import CombineInputs, CombineOutputs
        from stages.combine.run import run as combine
        from stages.combine.settings import CombineSettings

        inputs = CombineInputs(cells_path=cells, predictions_path=predictions, images_table_path=table)
        combine(
            inputs, CombineOutputs(folder / "submission.csv"), CombineSettings.model_validate({}), context
        )
    elif stage in EXPORTS:
        export_tables(stage, folder, per_image, context)
    else:
        from stages.inspect.paths import InspectInputs, InspectOutputs
        from stages.inspect.run import run as inspect
        from stages.inspect.settings import InspectSettings

        images = pd.read_parquet(folder / "images.parquet", columns=["image_id"])["image_id"]
        # The pictures are left out.
        fields = [
            Field(image_id, {channel: folder / f"{image_id}_{channel}.png" for channel in CHANNELS})
            for image_id in images
        ]
        shown = InspectInputs(fields, folder, folder, table, cells, folder / "tiles.zarr", predictions)
        inspect(
            shown,
            InspectOutputs(folder / "report"),
            InspectSettings.model_validate({"max_fields": 1}),
            context,
        )


def _merge(folder: Path) -> None:
    """Join the tables of the shards, without their tiles."""
    from stages.merge.cells import join_cells
    from stages.merge.order import order_cells
    from stages.merge.predictions import join_predictions

    images, cells, predictions = (
        [folder / f"{name}-{number}.parquet" for number in range(_SHARDS)]
        for name in ("images", "cells", "predictions")
    )
    image_ids = pd.read_parquet(folder / "images.parquet", columns=["image_id"])["image_id"].tolist()
    join_cells(cells, order_cells(images, image_ids), folder / "joined-cells.parquet")
    join_predictions(predictions, image_ids, folder / "joined-predictions.parquet")


def main() -> None:
    """Print a line per stage and number of cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[100_000, 200_000])
    parser.add_argument(
        "--stage", choices=("write", *_STAGES), help="in this process, on the tables of --folder"
    )
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--stages", choices=_STAGES, nargs="+", default=_STAGES)
    parser.add_argument("--mask-characters", type=int, default=_MASK_CHARACTERS)
    parser.add_argument("--cells-per-image", type=int, default=_CELLS_PER_IMAGE)
    parser.add_argument("--shuffle", action="store_true", help="predictions in another order than the cells")
    given = parser.parse_args()
    if given.stage == "write":
        tables = given.folder, given.cells[0], given.mask_characters, given.cells_per_image
        write_tables(*tables, shuffle=given.shuffle)
        return
    if given.stage:
        before, start = _peak_mib(), time.process_time()
        run_stage(given.stage, given.folder, given.cells_per_image)
        print(f"{before:.0f} {_peak_mib():.0f} {time.process_time() - start:.1f}")
        return
    print(describe_machine())
    for cells in given.cells:
        with tempfile.TemporaryDirectory() as folder:
            _call("write", folder, cells, given)
            for stage in given.stages:
                before, peak, seconds = _call(stage, folder, cells, given).split()[-3:]
                print(
                    f"{cells:>9} cells  {stage:<15} {peak:>6} MiB at most, {before} before, {seconds} s",
                    flush=True,
                )


def _call(stage: str, folder: str, cells: int, given: argparse.Namespace) -> str:
    values = {
        "stage": stage,
        "folder": folder,
        "cells": cells,
        "mask-characters": given.mask_characters,
        "cells-per-image": given.cells_per_image,
    }
    command = [sys.executable, "-m", "benchmarks.memory", *(["--shuffle"] if given.shuffle else [])]
    for name, value in values.items():
        command += [f"--{name}", str(value)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
