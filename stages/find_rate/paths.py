"""What the find-rate stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path

from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class FindRateInputs:
    """What the range test reads.

    Attributes
    ----------
    tiles_path, cells_path, labels_path
        As for training; all labelled cells are used.
    recipe
        Settings of the training. Its ``start`` lets the test begin with trained weights.
    """

    tiles_path: Path
    cells_path: Path
    labels_path: Path
    recipe: TrainSettings


@dataclass(frozen=True)
class FindRateOutputs:
    """What the range test writes.

    Attributes
    ----------
    table_path, picture_path
        The curve, as a table and as a picture.
    features_dir
        Folder for the features of a frozen backbone, shared with training; None for ``frozen_features``
        beside the table.
    """

    table_path: Path
    picture_path: Path
    features_dir: Path | None = None

    @property
    def features_folder(self) -> Path:
        """The folder for the features of a frozen backbone."""
        return self.features_dir or self.table_path.parent / "frozen_features"
