"""What the train stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class TrainInputs:
    """What the train stage reads.

    Attributes
    ----------
    tiles_path, cells_path
        Tile store and cells table; cells with a drop reason are left out.
    labels_path
        Label file; images without a label are left out and counted.
    soft_labels_path
        Out-of-fold predictions of an earlier training, to be mixed into the labels of the cells that are
        trained on; or None.
    corrections_path
        What somebody said of single cells (``data.labels.corrections``), or None.
    """

    tiles_path: Path
    cells_path: Path
    labels_path: Path
    soft_labels_path: Path | None = None
    corrections_path: Path | None = None


@dataclass(frozen=True)
class TrainOutputs:
    """What the train stage writes.

    Attributes
    ----------
    model_dir
        Folder for ``model.safetensors``, ``model.toml``, ``metrics.csv`` and ``curves.png``; with all folds
        each has a folder ``fold-0``, ``fold-1`` ... of its own in it, and ``curves.png`` has all. They
        replace what an earlier training wrote there, once all are trained. An interrupted training leaves
        checkpoints, from which one with the same data and settings resumes.
    out_of_fold_path
        Table of the predictions of the classifiers of all folds for the cells that they were not trained on
        (``stages.train.results.out_of_fold``), or None. Removed where no fold can hold out an image.
    features_dir
        Folder for the features of a frozen backbone, which later trainings use again
        (``stages.train.frozen_features``); None for ``frozen_features`` beside the model folder.
    """

    model_dir: Path
    out_of_fold_path: Path | None = None
    features_dir: Path | None = None

    @property
    def features_folder(self) -> Path:
        """The folder for the features of a frozen backbone."""
        return self.features_dir or self.model_dir.parent / "frozen_features"
