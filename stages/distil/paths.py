"""What the distil stage reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.train.settings import TrainSettings


@dataclass(frozen=True)
class TaughtFolder:
    """A work folder whose cells a teacher has predicted.

    Attributes
    ----------
    tiles_path, cells_path
        Tile store and cells table; cells with a drop reason are left out.
    predictions_path
        What the teacher says of them.
    out_of_fold_path
        Its out-of-fold predictions of the cells that it was trained on, or None.
    out_of_fold_weight
        The weight that the mean of the image has in these.
    """

    tiles_path: Path
    cells_path: Path
    predictions_path: Path
    out_of_fold_path: Path | None = None
    out_of_fold_weight: float = 0.0


@dataclass(frozen=True)
class DistilInputs:
    """What the distil stage reads.

    Attributes
    ----------
    taught
        One work folder or more.
    recipe
        Settings of the student's training.
    teacher_dirs
        Folders of the teacher's classifiers, one each; empty where they are not there any more.
    labels_path
        Label file, whose labels are averaged with what the teacher says; or None.
    passes
        How often the teacher's networks saw each cell, for the record; 0 where it is not known.
    """

    taught: Sequence[TaughtFolder]
    recipe: TrainSettings
    teacher_dirs: Sequence[Path] = ()
    labels_path: Path | None = None
    passes: int = 0


@dataclass(frozen=True)
class DistilOutputs:
    """What the distil stage writes.

    Attributes
    ----------
    model_dir
        Folder of the student, with the files of any trained classifier; an interrupted training leaves
        checkpoints there, from which one with the same teacher and settings resumes.
    """

    model_dir: Path
