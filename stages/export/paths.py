"""What the export stage reads and writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.fields.field import Field


@dataclass(frozen=True)
class ExportInputs:
    """What is exported.

    Attributes
    ----------
    cells_path, images_table_path, predictions_path
        Tables of a work folder.
    fields
        The fields that were segmented, for formats that hold images or outlines; empty for others, and for
        pre-cropped cells.
    images_dir
        Folder in which they were found, named in messages; or None.
    masks_dir, tiles_path
        Label images of the fields and tiles of the cells, or None.
    labels_path
        Label file: the labels of the images, and their proteins and antibodies; or None.
    plane_path, plane_method
        Table of cells in a plane that the features stage has made of the same classifier, or None; and how it
        was made.
    facts
        What is known of how the predictions were made: text, and mappings of names to text.
    key
        What the export depends on, by which what a killed one has finished is known again; empty where
        nothing is to be kept.
    """

    cells_path: Path
    images_table_path: Path
    predictions_path: Path
    fields: Sequence[Field] = ()
    images_dir: Path | None = None
    masks_dir: Path | None = None
    tiles_path: Path | None = None
    labels_path: Path | None = None
    plane_path: Path | None = None
    plane_method: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class ExportOutputs:
    """What the export stage writes: one file, or the folder of several."""

    exported_path: Path
