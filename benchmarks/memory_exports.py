"""Exports of the made-up tables of ``benchmarks.memory``, without pictures: their memory is that of a field.

No mask is decoded, no element of a field and no single-cell image is written, and an embedding has 8 numbers.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from data.fields.field import Field
from stages.export.paths import ExportInputs
from stages.stage import Context

EXPORTS = (
    *("coco", "h5ad", "spatialdata", "h5sc", "cellprofiler"),
    *("cellmaps", "tables", "subcellportable"),
)
"""Formats that are measured."""

WIDTH = 8
"""Numbers in an embedding."""

_FILES = {"h5ad": "exported.h5ad", "h5sc": "exported.h5sc", "subcellportable": "result.csv"}
_IMAGES_OF_A_GENE = 4


def export_tables(name: str, folder: Path, cells_per_image: int, context: Context) -> None:
    """Export the tables of a folder in one format."""
    from stages.export.paths import ExportOutputs
    from stages.export.run import run as export
    from stages.export.settings import ExportSettings

    cells, table = (folder / f"{name}.parquet" for name in ("cells", "images"))
    # Without embeddings as before, so that their figures can be compared.
    predictions = folder / ("predictions.parquet" if name in ("coco", "h5ad") else "embedded.parquet")
    inputs = ExportInputs(cells, table, predictions, tiles_path=folder / "tiles.zarr")
    if name in ("coco", "spatialdata"):
        images = pd.read_parquet(table, columns=["image_id"])["image_id"]
        fields = [
            Field(image_id, {"green": folder / "images" / f"{image_id}_green.png"}) for image_id in images
        ]
        inputs = replace(inputs, fields=fields, images_dir=folder / "images")
    if name in ("cellmaps", "tables"):
        inputs = replace(inputs, labels_path=_write_labels(folder))
    with ExitStack() as patches:
        for patched in _PATCHES.get(name, lambda *_: [])(cells_per_image, folder):
            patches.enter_context(patched)
        export(
            inputs,
            ExportOutputs(folder / _FILES.get(name, "exported")),
            ExportSettings.model_validate({"format": name}),
            context,
        )


def _write_labels(folder: Path) -> Path:
    """Write a label file in which some images each show one gene."""
    images = pd.read_parquet(folder / "images.parquet", columns=["image_id"])["image_id"]
    genes = [f"GENE{number // _IMAGES_OF_A_GENE}" for number in range(len(images))]
    path = folder / "labels.csv"
    pd.DataFrame({"ID": images, "Label": 0, "Gene": genes}).to_csv(path, index=False)
    return path


def _leave_out_masks(*_: Any) -> list[Any]:
    from stages.export.fields import coco

    return [patch.object(coco, "describe_mask", lambda *_: {})]


def _leave_out_elements(cells_per_image: int, folder: Path) -> list[Any]:
    from stages.export.stores import spatialdata

    labels = np.arange(1, cells_per_image + 1, dtype=np.uint16)[None]
    pixels = SimpleNamespace(cells=labels, channels=("green",), pixel_size_um=0.08, is_assumed=False)
    return [
        patch.object(spatialdata, "PixelReader", lambda _: SimpleNamespace(read=lambda _: pixels)),
        patch.object(spatialdata._Writer, "_elements", lambda *_: {}),
    ]


def _leave_out_images(_: int, folder: Path) -> list[Any]:
    from stages.export import h5sc

    class Tiles:
        channels, size = ("red", "green", "blue", "yellow"), 256

        def __init__(self, *_: Any, **__: Any) -> None:
            """Open nothing."""

    class Nothing:
        def __setitem__(self, *_: Any) -> None:
            """Keep nothing."""

    return [
        patch.object(h5sc, "TileStore", Tiles),
        patch.object(h5sc, "check_room", lambda *_: None),
        patch.object(h5sc, "_read_images", lambda *_: None),
        patch.object(h5sc.Images, "create", lambda *_: Nothing()),
    ]


def _leave_out_centroids(*_: Any) -> list[Any]:
    from stages.export.cell_tables import cellprofiler

    return [
        patch.object(cellprofiler, "decode_runs", lambda *_, **__: None),
        patch.object(cellprofiler, "find_centroid", lambda *_: (1.0, 2.0)),
    ]


def _take_any_classes(_: int, folder: Path) -> list[Any]:
    from data.predictions.predictions_table import read_class_names
    from stages.export import subcell_portable

    names = read_class_names(folder / "embedded.parquet")
    return [
        patch.object(subcell_portable, "WIDTH", WIDTH),
        patch.object(subcell_portable, "read_label_set", lambda _: SimpleNamespace(names=names)),
    ]


_PATCHES: dict[str, Callable[[int, Path], list[Any]]] = {
    "coco": _leave_out_masks,
    "spatialdata": _leave_out_elements,
    "h5sc": _leave_out_images,
    "cellprofiler": _leave_out_centroids,
    "subcellportable": _take_any_classes,
}
