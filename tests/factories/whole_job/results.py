"""What the stages wrote to a work folder, to compare with another, without what tells the time."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from data.cells.cells_table import read_cells
from data.fields.images_table import read_images
from data.masks.label_image import read_label_image
from data.predictions.predictions_table import read_predictions
from data.tiles.tile_store import TileStore
from tests.factories.whole_job.commands import EXPORTS
from tests.factories.whole_job.shards import SHARDED, SHARDS
from tests.factories.whole_job.states.told_times import read_without_time, tells_time

FOLDERS = ("evaluate", "explore", "features", "report", "export", "spatialdata.zarr")
FILES = (
    *("model/model.safetensors", "model/model.toml", "submission.csv", "metric.json"),
    *("find_rate.csv", "find_rate.png", "cells.h5ad", "cells.h5sc"),
    *("student/model.safetensors", "student/model.toml", "student/curves.png"),
)

_SEPARATORS = [bytes([byte]) for byte in b" \t\n\r\v\f\"'<>()"]
"""What a path in a text begins after."""

WRITTEN = {
    "segment": ("masks/", "images"),
    "crops": ("tiles", "cells"),
    "train": ("model/",),
    "predict": ("predictions",),
    "combine": ("submission.csv",),
    "score": ("metric.json",),
    "inspect": ("report/",),
    "evaluate": ("evaluate/",),
    "explore": ("explore/",),
    "find-rate": ("find_rate",),
    "features": ("features/",),
    "distil": ("student/",),
    # Most of them lie side by side.
    **dict.fromkeys(EXPORTS, ("export/",)),
    "export-h5ad": ("cells.h5ad",),
    "export-h5sc": ("cells.h5sc",),
    "export-spatialdata": ("spatialdata.zarr/",),
}
"""Stage -> how the names of its results begin."""

WRITTEN |= {
    f"{stage}-{shard}": tuple(f"shards/{shard}/{begin}" for begin in WRITTEN[stage])
    for stage in SHARDED
    for shard in SHARDS
}
WRITTEN["merge"] = tuple(begin for stage in SHARDED for begin in WRITTEN[stage])


def read_results(work: Path, stage: str = "") -> Mapping[str, object]:
    """Read everything that the stages wrote, or one of them; what is not there has no entry.

    Raises
    ------
    InputError
        Something of it is damaged.
    """
    prefixes = WRITTEN[stage] if stage else ("",)
    listed = dict(_list_results(work))
    for shard in sorted((work / "shards").glob("*")):
        listed |= {f"shards/{shard.name}/{name}": read for name, read in _list_results(shard).items()}
    return {name: read() for name, read in listed.items() if name.startswith(prefixes)}


def _list_results(work: Path) -> Mapping[str, Callable[[], object]]:
    """List what the stages wrote: name -> what reads it."""
    tables = {
        "cells": (read_cells, work / "cells.parquet"),
        "images": (read_images, work / "images.parquet"),
        "predictions": (read_predictions, work / "predictions.parquet"),
    }
    masks = {f"masks/{path.name}": path for path in (work / "masks").glob("*.png")}
    files = [work / name for name in FILES]
    files += [path for name in FOLDERS for path in (work / name).rglob("*") if path.is_file()]
    tiles = {"tiles": partial(_read_tiles, work / "tiles.zarr")} if (work / "tiles.zarr").exists() else {}
    return (
        {name: partial(_read_labels, path) for name, path in masks.items()}
        | tiles
        | {name: partial(_read_table, read, path) for name, (read, path) in tables.items() if path.exists()}
        | {
            path.relative_to(work).as_posix(): partial(read_anywhere, path, work)
            for path in files
            if path.exists()
        }
    )


def find_differences(found: Mapping[str, object], expected: Mapping[str, object]) -> list[str]:
    """List the names of what differs, is missing, or is there in addition."""
    return sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))


def read_anywhere(path: Path, work: Path) -> bytes:
    """Read a file, in which the classifier's folder may be named, without where the work folder lies."""
    if tells_time(path):
        return read_without_time(path)
    content = path.read_bytes()
    if path.name == "run.js":
        content = _without_times(content)
    return without_place(content, work)


def without_place(content: bytes, work: Path) -> bytes:
    """Return text without what leads to a work folder, from the last separator on.

    A regular expression would begin again at each byte of a picture's long text.
    """
    marker = f"/{work.name}/".encode()
    *before, last = content.split(marker)
    kept = [part[: 1 + max(part.rfind(character) for character in _SEPARATORS)] for part in before]
    return marker[1:].join([*kept, last])


def _without_times(script: bytes) -> bytes:
    """Return what a report says of its run without how long each stage took, and what it reused."""
    start = script.find(b"{")
    try:
        told = json.loads(script[start : script.rindex(b")")])
        for stage in told["stages"]:
            for name in ("seconds", "finished", "counts", "details", "warnings"):
                del stage[name]
    except (ValueError, KeyError, TypeError):
        # Damaged, as tests leave it.
        return script
    return script[:start] + json.dumps(told).encode()


def _read_labels(path: Path) -> object:
    labels = read_label_image(path)
    return labels.shape, labels.tobytes()


def _read_table(read: Callable[[Path], pd.DataFrame], path: Path) -> object:
    return read(path).to_json()


def _read_tiles(path: Path) -> object:
    store = TileStore(path)
    rows = range(len(store))
    arrays = store.read(rows), store.cell_masks(rows), store.nucleus_masks(rows)
    return [(array.shape, array.tobytes()) for array in arrays]
