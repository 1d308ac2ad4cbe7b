"""Settings of the export stage."""

from typing import Literal

from pydantic import Field as Setting

from data.export.subcell_portable import State
from stages.export.formats import describe_formats
from stages.stage import StageSettings

FormatName = Literal[
    "h5ad",
    "subcellportable",
    "ome-zarr",
    "spatialdata",
    "h5sc",
    "geojson",
    "ome-tiff",
    "coco",
    "tables",
    "cellprofiler",
    "cellmaps",
]


class ExportSettings(StageSettings):
    """Settings of the export stage."""

    format: FormatName = Setting(default="h5ad", description="whose files: " + describe_formats())
    subcellportable: State = Setting(
        default="2024-10",
        description="whose numbers: of its state of 2024-10 (sigmoids) or of 2025-11 (a softmax over these)",
    )
    label_set: str | None = Setting(
        default=None,
        description="label set of the label file's numbers and names; default: the predicted classes",
    )
    components: int = Setting(
        default=50,
        ge=2,
        le=500,
        description="principal components in an h5ad file, by which scanpy finds neighbours",
    )
    unpredicted: bool = Setting(
        default=False,
        description="also the cells without a prediction, such as dropped ones, with missing numbers (h5ad, "
        "h5sc, geojson, coco, cellprofiler; ome-zarr and spatialdata always have them)",
    )
    min_score: float = Setting(
        default=0.01,
        ge=0,
        le=1,
        description="classes less probable than this are not in COCO's results; a cell's likeliest always is",
    )
    false_discoveries: float = Setting(
        default=0.05,
        gt=0,
        lt=1,
        description="part of the images and classes reported as differing between cells that may be there by "
        "chance (tables)",
    )
