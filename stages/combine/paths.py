"""What the combine stage reads and writes."""

from dataclasses import dataclass
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
    """

    cells_path: Path
    predictions_path: Path
    images_table_path: Path | None = None


@dataclass(frozen=True)
class CombineOutputs:
    """What the combine stage writes: the submission."""

    submission_path: Path
