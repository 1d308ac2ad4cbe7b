"""What the tools for submissions read and write."""

from dataclasses import dataclass
from pathlib import Path

from data.labels.label_set import LabelSet


@dataclass(frozen=True)
class CheckInputs:
    """A submission, its classes, and a file of the same format with the images that it has to have."""

    submission_path: Path
    label_set: LabelSet
    sample_path: Path | None = None


@dataclass(frozen=True)
class DecodeInputs:
    """A submission and its classes."""

    submission_path: Path
    label_set: LabelSet


@dataclass(frozen=True)
class DecodeOutputs:
    """What is made of a submission.

    Attributes
    ----------
    masks_dir
        Folder of the label images ``<ID>_cells.png``.
    cells_path
        Table of the cells, CSV.
    """

    masks_dir: Path
    cells_path: Path


@dataclass(frozen=True)
class DiffInputs:
    """Two submissions of the same classes, and the truth where it is known."""

    first_path: Path
    second_path: Path
    label_set: LabelSet
    truth_path: Path | None = None


@dataclass(frozen=True)
class MergeInputs:
    """Submissions of the same classes, and how much each counts."""

    submission_paths: tuple[Path, ...]
    weights: tuple[float, ...]
    label_set: LabelSet


@dataclass(frozen=True)
class MergeOutputs:
    """The merged submission."""

    submission_path: Path
