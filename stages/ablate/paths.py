"""What the ablate stage reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stages.combine.settings import CombineSettings


@dataclass(frozen=True)
class AblateInputs:
    """What the ablate stage reads.

    Attributes
    ----------
    cells_path, predictions_path
        Cells table and predictions table, as of the combine stage.
    truth_path
        Truth, in the submission's format.
    combined
        Settings of the combine stage, whose rules are the base.
    image_predictions_path
        Predictions table of a classifier of whole fields, as of the combine stage; None where there is none.
    pixel_sizes_um
        Image ID -> micrometres per pixel.
    """

    cells_path: Path
    predictions_path: Path
    truth_path: Path
    combined: CombineSettings
    image_predictions_path: Path | None = None
    pixel_sizes_um: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class AblateOutputs:
    """What the ablate stage writes: a table and a picture."""

    table_path: Path
    picture_path: Path
