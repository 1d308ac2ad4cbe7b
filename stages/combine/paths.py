"""What the combine stage reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class CombineInputs:
    """What the combine stage reads.

    Attributes
    ----------
    cells_path, predictions_path
        Cells table and predictions table; joined by image and cell number.
    images_table_path
        Images table. Each of its images gets a row, in its order, an empty one where no cell is left; without
        it, each image of the cells table.
    image_predictions_path
        Predictions table of a classifier of whole fields, one row per image; None where no rule takes it.
    pixel_sizes_um
        Image ID -> micrometres per pixel, by which areas of different images are compared.
    """

    cells_path: Path
    predictions_path: Path
    images_table_path: Path | None = None
    image_predictions_path: Path | None = None
    pixel_sizes_um: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CombineOutputs:
    """What the combine stage writes: the submission."""

    submission_path: Path
