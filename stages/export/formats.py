"""The formats of an export: who opens them, what their files are called, and what writes them."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.stage import StageReport

_ID = "<ID>"


@dataclass(frozen=True)
class Format:
    """A format of an export.

    Attributes
    ----------
    opened_by
        The programs that open it, in a clause.
    file_names
        Names of its files or folders in the folder of the export; ``<ID>`` stands for each field's ID.
    writer
        ``module:function`` of what writes it, which gets the one path, or the folder of several; it is
        imported when it is needed.
    sees_fields
        Whether images and masks of the fields are read, not only the tables.
    is_folder
        Whether each of its names is that of a folder.
    """

    opened_by: str
    file_names: tuple[str, ...]
    writer: str
    sees_fields: bool = False
    is_folder: bool = False

    @property
    def is_one_path(self) -> bool:
        """Whether all cells are written into one file, or one folder."""
        return len(self.file_names) == 1 and _ID not in self.file_names[0]

    def list_paths(self, folder: Path, fields: Sequence[str]) -> tuple[Path, ...]:
        """Return the paths that the export of some fields, given by ID, writes into a folder."""
        names: list[str] = []
        for name in self.file_names:
            names += [name.replace(_ID, field) for field in fields] if _ID in name else [name]
        return tuple(folder / name for name in names)

    def is_of_field(self, name: str) -> bool:
        """Check whether a file or folder of this name is one that the format has for each field."""
        return any(_ID in pattern and name.endswith(pattern.replace(_ID, "")) for pattern in self.file_names)

    def load_writer(self) -> Callable[..., StageReport]:
        """Return the function that writes the format: of inputs, path, settings and context."""
        module, function = self.writer.split(":")
        writer: Any = getattr(importlib.import_module(module), function)
        return writer


FORMATS = {
    "h5ad": Format("AnnData: scanpy, cellxgene", ("cells.h5ad",), "stages.export.h5ad:write_h5ad"),
    "subcellportable": Format(
        "SubCellPortable's result.csv", ("result.csv",), "stages.export.subcell_portable:write_results"
    ),
    "ome-zarr": Format(
        "images and masks: napari, Fiji, vizarr",
        ("<ID>.ome.zarr",),
        "stages.export.stores.ome_zarr:write_fields",
        sees_fields=True,
        is_folder=True,
    ),
    "spatialdata": Format(
        "images, masks and table: squidpy, napari-spatialdata, sopa",
        ("spatialdata.zarr",),
        "stages.export.stores.spatialdata:write_spatialdata",
        sees_fields=True,
        is_folder=True,
    ),
    "h5sc": Format("single-cell images: scPortrait", ("cells.h5sc",), "stages.export.h5sc:write_h5sc"),
    "geojson": Format(
        "outlines: QuPath", ("<ID>.geojson",), "stages.export.fields.geojson:write_geojson", sees_fields=True
    ),
    "ome-tiff": Format(
        "images: QuPath, Fiji, OMERO",
        ("<ID>.ome.tif",),
        "stages.export.fields.ome_tiff:write_images",
        sees_fields=True,
    ),
    "coco": Format(
        "masks: pycocotools, FiftyOne",
        ("annotations.json", "results.json"),
        "stages.export.fields.coco:write_coco",
        sees_fields=True,
    ),
    "tables": Format(
        "tables of images and proteins: spreadsheets, pandas, R",
        tuple(
            f"{name}.{kind}"
            for name in ("image_summary", "image_classes", "protein_summary", "protein_classes")
            for kind in ("parquet", "csv")
        ),
        "stages.export.cell_tables.tables:write_tables",
    ),
    "cellprofiler": Format(
        "CellProfiler's tables: pycytominer",
        ("Image.csv", "Cells.csv", "Nuclei.csv", "SingleCells.csv"),
        "stages.export.cell_tables.cellprofiler:write_cellprofiler",
    ),
    "cellmaps": Format(
        "embeddings by gene: cellmaps_pipeline",
        (
            *("image_emd.tsv", "image_emd_median.tsv", "image_emd_sd.tsv", "labels_prob.tsv"),
            *("1_image_gene_node_attributes.tsv", "image_gene_cells.tsv"),
        ),
        "stages.export.cell_tables.cellmaps:write_cellmaps",
    ),
}
"""Formats by name, the default first."""


def describe_formats() -> str:
    """Return every format with the programs that open it, for a help text."""
    return ", ".join(f"{name} ({each.opened_by})" for name, each in FORMATS.items())
