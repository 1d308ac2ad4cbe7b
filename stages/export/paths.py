"""What the export stage reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ExportInputs:
    """What is exported.

    Attributes
    ----------
    cells_path, images_table_path, predictions_path
        Tables of a work folder.
    labels_path
        Label file: the labels of the images, and their proteins and antibodies; or None.
    plane_path, plane_method
        Table of cells in a plane that the features stage has made of the same classifier, or None; and how it
        was made.
    facts
        What is known of how the predictions were made: text, and mappings of names to text.
    """

    cells_path: Path
    images_table_path: Path
    predictions_path: Path
    labels_path: Path | None = None
    plane_path: Path | None = None
    plane_method: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportOutputs:
    """What the export stage writes: one file."""

    exported_path: Path
