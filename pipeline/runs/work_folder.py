"""Where everything of one run lies."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WorkFolder:
    """The paths of a run's files below its root; ``docs/work-folder.md`` says what each one is."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root))

    @property
    def masks(self) -> Path:
        """Label images ``<ID>_nuclei.png`` and ``<ID>_cells.png``."""
        return self.root / "masks"

    @property
    def images(self) -> Path:
        """Table with a row a segmented field."""
        return self.root / "images.parquet"

    @property
    def cells(self) -> Path:
        """Table with one row per cell."""
        return self.root / "cells.parquet"

    @property
    def tiles(self) -> Path:
        """Store of the cells' tiles."""
        return self.root / "tiles.zarr"

    @property
    def fields(self) -> "WorkFolder":
        """The work folder of a classifier of whole fields, which are its cells: tiles, model, predictions."""
        return WorkFolder(self.root / "fields")

    @property
    def model(self) -> Path:
        """Folder of the trained classifier."""
        return self.root / "model"

    @property
    def frozen_features(self) -> Path:
        """Folder of the features of a backbone that does not learn, which trainings use again."""
        return self.root / "frozen_features"

    @property
    def out_of_fold(self) -> Path:
        """Table of what the classifiers of all folds say of the cells that each of them left out."""
        return self.root / "out_of_fold.parquet"

    @property
    def out_of_fold_record(self) -> Path:
        """What that table was made from, JSON: label file, key of the tiles, hash of the table."""
        return self.root / "out_of_fold.json"

    @property
    def soft_out_of_fold(self) -> Path:
        """The same of a second training, on labels that the first has softened."""
        return self.root / "out_of_fold_soft.parquet"

    @property
    def rate_table(self) -> Path:
        """Losses of the learning rate's range test."""
        return self.root / "find_rate.csv"

    @property
    def rate_picture(self) -> Path:
        """Picture of the learning rate's range test."""
        return self.root / "find_rate.png"

    @property
    def student(self) -> Path:
        """Folder of the one network that was trained on the predictions of several."""
        return self.root / "student"

    @property
    def predictions(self) -> Path:
        """Table of class probabilities, one row per cell."""
        return self.root / "predictions.parquet"

    @property
    def submission(self) -> Path:
        """Kaggle submission."""
        return self.root / "submission.csv"

    @property
    def metric(self) -> Path:
        """Kaggle metric: mAP and average precision per class, JSON."""
        return self.root / "metric.json"

    @property
    def evaluate(self) -> Path:
        """Folder of the figures of merit of the predictions."""
        return self.root / "evaluate"

    @property
    def ablate(self) -> Path:
        """Folder of what the rules of the combiner are worth."""
        return self.root / "ablate"

    @property
    def report(self) -> Path:
        """Folder of the HTML report."""
        return self.root / "report"

    @property
    def explore(self) -> Path:
        """Folder of the plots of a label set and its images."""
        return self.root / "explore"

    @property
    def features(self) -> Path:
        """Folder of what the classifier's neurons respond to."""
        return self.root / "features"

    def manifest(self, stage: str) -> Path:
        """Manifest of a stage."""
        return self.root / f"{stage}.json"
