"""What the features stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FeaturesInputs:
    """What is analysed.

    Attributes
    ----------
    tiles_path, cells_path
        Tile store and cells table.
    model_dir
        Folder of a trained classifier, or of its folds: the first is then taken.
    predictions_path
        Predictions table; read where there is no label file.
    labels_path
        Label file with the classes of the cells, or None for those of the predictions.
    """

    tiles_path: Path
    cells_path: Path
    model_dir: Path
    predictions_path: Path
    labels_path: Path | None = None


@dataclass(frozen=True)
class FeaturesOutputs:
    """What the features stage writes: the folder of its page, replaced as a whole."""

    features_dir: Path
