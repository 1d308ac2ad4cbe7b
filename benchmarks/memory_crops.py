"""Memory of finding and cropping cells, and `provenance --cell`, for ``benchmarks.memory``.

No picture is read and no tile is written: each field gets a hash of its own, each pre-cropped cell the same
made-up row of the table.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.cells.cells_table import measure_cells
from data.channels import CHANNELS
from data.fields.bit_depth import FullScale
from data.fields.field import Field
from data.fields.image_folder import find_fields
from data.tiles.cell_tiles import CellTiles
from pipeline.runs.manifest import hash_json_rows
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps.provenance_of_cell import describe_cell
from stages.stage import Context

_CLASSES = 19
_TILE = CellTiles.blank(1)


class NoTiles:
    """A tile store that keeps nothing."""

    def __init__(
        self, path: Path, count: int, key: str, channels: Sequence[str] = (), preset: str = ""
    ) -> None:
        self._count, self.is_to_write = count, np.ones(count, bool)
        self.mends = False

    @property
    def rows_to_write(self) -> NDArray[np.intp]:
        """All rows."""
        return np.arange(self._count)

    def append(self, cut: CellTiles) -> None:
        """Take tiles."""

    def finish(self) -> "NoTiles":
        """Return what reads them."""
        return self

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def mean_intensities(self, rows: slice) -> NDArray[np.float32]:
        """Return intensities."""
        return np.full((len(range(*rows.indices(self._count))), 4), 0.5, np.float32)


def _list_fields(folder: Path, context: Context) -> None:
    """Find the fields of a folder of four files each, all links to one small picture."""
    images = pd.read_parquet(folder / "images.parquet", columns=["image_id"])["image_id"]
    pictures = folder / "pictures"
    pictures.mkdir()
    picture = folder / "picture.png"
    cv2.imwrite(str(picture), np.zeros((8, 8), np.uint8))
    for image_id in images:
        for channel in CHANNELS:
            # Of links to no end a file system has none.
            name = f"{image_id}_{channel}.png"
            try:
                (pictures / name).hardlink_to(picture)
            except OSError:
                picture = pictures / name
                cv2.imwrite(str(picture), np.zeros((8, 8), np.uint8))
    if len(find_fields(pictures)) != len(images):
        message = "not all fields were found"
        raise RuntimeError(message)


def _crop_fields(folder: Path, context: Context) -> None:
    """Cut the cells of fields of four files each."""
    from stages.crops import run as module
    from stages.crops.paths import CropsInputs, CropsOutputs
    from stages.crops.settings import CropsSettings

    images = pd.read_parquet(folder / "images.parquet", columns=["image_id"])["image_id"]
    fields = [
        Field(image_id, {channel: folder / f"{image_id}_{channel}.png" for channel in CHANNELS})
        for image_id in images
    ]

    def cut(_: object, item: module._FieldCells) -> tuple[CellTiles, str]:
        return _TILE, hashlib.sha256(item.field.image_id.encode()).hexdigest()

    with ExitStack() as patches:
        patches.enter_context(patch.object(module, "TileWriter", NoTiles))
        patches.enter_context(patch.object(module._Cutter, "__call__", cut))
        module.run(
            CropsInputs(fields, folder, folder, folder / "cells.parquet", "key"),
            CropsOutputs(folder / "cut.parquet", folder / "t.zarr"),
            CropsSettings.model_validate({}),
            context,
        )


def _crop_index(folder: Path, context: Context) -> None:
    """Cut the cells of an index, each with a file and a label."""
    from data.cells.precropped.index_files import fingerprint_cells
    from data.cells.precropped.precropped_cell import PrecroppedCell
    from data.cells.precropped.precropped_index import PrecroppedIndex
    from stages.crops import run_precropped as module
    from stages.crops.paths import PrecroppedInputs, PrecroppedOutputs
    from stages.crops.settings import PrecroppedSettings

    index, count = folder / "index.csv", pq.read_metadata(folder / "cells.parquet").num_rows
    names = [f"cell-{number:08d}" for number in range(count)]
    pd.DataFrame(
        {
            "ID": names,
            "file": [f"pictures/{name}.tif" for name in names],
            "label": np.arange(count) % _CLASSES,
        }
    ).to_csv(index, index=False)
    row = measure_cells("cell", np.ones((64, 64), np.uint16), np.ones((64, 64), np.uint16))

    def cut(_: object, cell: PrecroppedCell) -> tuple[pd.DataFrame, CellTiles]:
        return row.assign(image_id=cell.image_id), _TILE

    cells = PrecroppedIndex(index)
    hash_json_rows(fingerprint_cells(cells), "auto")
    with ExitStack() as patches:
        patches.enter_context(patch.object(module, "TileWriter", NoTiles))
        patches.enter_context(patch.object(module._Cutter, "__call__", cut))
        patches.enter_context(patch.object(module, "find_cells_full_scale", lambda *_: FullScale(None)))
        module.run(
            PrecroppedInputs(cells, "key"),
            PrecroppedOutputs(
                folder / "cut.parquet", folder / "i.parquet", folder / "t.zarr", folder / "found.csv"
            ),
            PrecroppedSettings.model_validate({}),
            context,
        )


def _find_cell(folder: Path, context: Context) -> None:
    """Look one cell up, as `provenance --cell` does, and one that is not there."""
    from data.errors import InputError

    work = WorkFolder(folder)
    describe_cell(work, "image-000700/3", None)
    try:
        describe_cell(work, "none/3", None)
    except InputError:
        return
    message = "a cell was found that is not there"
    raise AssertionError(message)


CROPPING: dict[str, Callable[[Path, Context], None]] = {
    "fields": _list_fields,
    "crops": _crop_fields,
    "crops-from": _crop_index,
    "provenance": _find_cell,
}
"""Stages that are measured, by name."""
