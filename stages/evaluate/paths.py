"""What the evaluate stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EvaluateInputs:
    """What the evaluate stage reads.

    Attributes
    ----------
    predictions_path, cells_path
        The tables; dropped cells, and those of images without a label, are left out.
    labels_path
        Label file, with the classes of the predictions.
    trained_on
        Whether the classifier was trained with these very labels, of which the user is warned.
    corrections_path
        What somebody said of single cells (``data.labels.corrections``), or None.
    corrected_in_training
        How many cells a training had corrections of; of these the user is warned where there are none here.
    """

    predictions_path: Path
    cells_path: Path
    labels_path: Path
    trained_on: bool = False
    corrections_path: Path | None = None
    corrected_in_training: int = 0


@dataclass(frozen=True)
class EvaluateOutputs:
    """What the evaluate stage writes: the folder of its figures."""

    evaluate_dir: Path

    @property
    def json_path(self) -> Path:
        """All figures."""
        return self.evaluate_dir / "quality.json"

    @property
    def csv_path(self) -> Path:
        """Figures of each class, one row per class and level."""
        return self.evaluate_dir / "quality.csv"

    @property
    def proteins_path(self) -> Path:
        """Table of proteins, one row per protein; only its header where the label file names none."""
        return self.evaluate_dir / "proteins.csv"

    @property
    def confusion_path(self) -> Path:
        """Picture of the confusion of cells."""
        return self.evaluate_dir / "confusion.png"

    @property
    def f1_path(self) -> Path:
        """Picture of the F1 of each class."""
        return self.evaluate_dir / "f1.png"

    @property
    def all_paths(self) -> tuple[Path, ...]:
        """All files."""
        return self.json_path, self.csv_path, self.proteins_path, self.confusion_path, self.f1_path
