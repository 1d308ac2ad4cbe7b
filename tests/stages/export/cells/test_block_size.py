"""Exports whose cells are read a few at a time, or as a whole, are those of one large block."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr

from data.export.ngff import table_group
from data.predictions import cell_blocks
from data.predictions.cell_blocks import OutOfStepError
from stages.export.cell_tables import sorted_cells
from stages.export.cells import cell_parts
from stages.export.cells.cell_parts import SuccessiveCells
from stages.export.fields.successive_fields import SuccessiveFields
from stages.export.formats import FORMATS
from stages.export.paths import ExportInputs, ExportOutputs
from stages.export.run import run
from stages.export.settings import ExportSettings
from stages.export.stores import spatial_table
from tests.factories.context import QuietContext
from tests.factories.exported import Exported
from tests.factories.exports.unusual_fields import UnusualFields, draw_odd
from tests.factories.tile_store import write_tile_store

FIELDS = [f"field {number}" for number in (2, 0, 1)]
ONE_PATH = {"h5ad": "cells.h5ad", "h5sc": "cells.h5sc", "subcellportable": "result.csv"}


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], ExportInputs]:
    """Make tables in one order, of eighteen cells, with a label file and tiles."""

    def write(name: str) -> ExportInputs:
        if name == "subcellportable":
            exported = Exported(tmp_path, width=1536, label_set="subcell31")
            exported.order = np.sort(exported.order)
            return exported.write()
        made = UnusualFields(tmp_path, {field: draw_odd() for field in FIELDS})
        made.order = np.sort(made.order)
        labels = tmp_path / "labels.csv"
        rows = [f"{field},{number},GENE{number % 2}" for number, field in enumerate(FIELDS[1:])]
        labels.write_text("\n".join(["ID,Label,Gene", *rows, ""]))
        if name == "h5sc":
            pixels = np.random.default_rng(0).integers(0, 256, (len(made.table), 4, 256, 256), np.uint8)
            write_tile_store(tmp_path / "tiles.zarr", pixels, pixels[:, 0] > 99, pixels[:, 0] > 199)
        return replace(made.write(), labels_path=labels, tiles_path=tmp_path / "tiles.zarr")

    return write


def export(name: str, inputs: ExportInputs, folder: Path, *, unpredicted: bool) -> dict[str, Any]:
    folder.mkdir()
    given = inputs if FORMATS[name].sees_fields else replace(inputs, fields=())
    path = folder / ONE_PATH.get(name, "out.zarr")
    settings = ExportSettings.model_validate({"format": name, "unpredicted": unpredicted})
    report = run(given, ExportOutputs(path), settings, QuietContext())
    return {"report": (report.counts, report.details)} | read(folder)


def read(folder: Path) -> dict[str, Any]:
    """Return the values of all files."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix in (".csv", ".tsv"):
            found[name] = path.read_bytes()
        elif path.suffix == ".parquet":
            found[name] = pq.read_table(path).to_pylist()
        elif path.suffix in (".h5ad", ".h5sc"):
            found |= _read_hdf5(path)
        elif path.name == "zarr.json":
            described = json.loads(path.read_text())
            # The cells of a chunk may be fewer.
            found[name] = described["attributes"], described.get("shape"), described.get("data_type")
            if described["node_type"] == "array":
                found[name] += (_as_list(zarr.open_array(path.parent, mode="r")[...]),)
    return found


def _read_hdf5(path: Path) -> dict[str, Any]:
    h5py: Any = pytest.importorskip("h5py")
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        values = item[()] if isinstance(item, h5py.Dataset) else None
        attributes = {key: _as_list(value) for key, value in item.attrs.items()}
        found[name] = attributes, str(getattr(item, "dtype", "")), _as_list(values)

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def _as_list(values: Any) -> Any:
    """Return what compares equal where all is equal, missing numbers too."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        return values.shape, values.dtype.str, values.tobytes()
    return values.tolist() if isinstance(values, np.ndarray | np.generic) else values


def _refuse(*_: Any, **__: Any) -> None:
    raise OutOfStepError(found="another order", where="the test")


@pytest.mark.parametrize(
    ("name", "unpredicted"),
    [
        *(("h5ad", True), ("h5sc", False), ("h5sc", True), ("cellprofiler", False), ("cellprofiler", True)),
        *(("tables", False), ("cellmaps", False), ("subcellportable", False), ("spatialdata", False)),
    ],
)
def test_cells_are_read_block_by_block(
    make: Callable[[str], ExportInputs],
    name: str,
    unpredicted: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inputs = make(name)
    expected = export(name, inputs, tmp_path / "one", unpredicted=unpredicted)
    assert len(expected) > 1
    with monkeypatch.context() as patch:
        patch.setattr(cell_blocks, "BLOCK_ROWS", 4)
        for module in (table_group, spatial_table):
            patch.setattr(module, "CHUNK_ROWS", 5)
        patch.setattr(sorted_cells, "_CELLS", 3)
        # Nothing reads the tables as a whole.
        patch.setattr(cell_parts, "choose_cells", _refuse)
        patch.setattr("stages.export.fields.predicted_fields.choose_cells", _refuse)
        assert export(name, inputs, tmp_path / "blocks", unpredicted=unpredicted) == expected
    for kind in (SuccessiveCells, SuccessiveFields):
        monkeypatch.setattr(kind, "__init__", _refuse)
    assert export(name, inputs, tmp_path / "whole", unpredicted=unpredicted) == expected
