"""What the predict stage reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PredictInputs:
    """What the predict stage reads.

    Attributes
    ----------
    tiles_path, cells_path
        Tile store and cells table.
    model_dirs
        Folders of trained classifiers, of one or of its folds each; the probabilities of all are averaged.
    key
        What the predictions depend on: an interrupted run of the same key goes on.
    """

    tiles_path: Path
    cells_path: Path
    model_dirs: Sequence[Path]
    key: str = ""


@dataclass(frozen=True)
class PredictOutputs:
    """What the predict stage writes: the predictions table."""

    predictions_path: Path
