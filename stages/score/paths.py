"""What the score stage reads and writes."""

from dataclasses import dataclass
from pathlib import Path

from data.labels.label_set import LabelSet


@dataclass(frozen=True)
class ScoreInputs:
    """What the score stage reads.

    Attributes
    ----------
    submission_path, truth_path
        Files of the submission's format; every truth triple is a cell, whatever its confidence.
    predicted
        Classes of the predictions that the submission was made of, or None where they are not known.
    teams_path
        Table of other teams' average precision, by which places are found; or None.
    """

    submission_path: Path
    truth_path: Path
    predicted: LabelSet | None = None
    teams_path: Path | None = None


@dataclass(frozen=True)
class ScoreOutputs:
    """What the score stage writes.

    Attributes
    ----------
    metric_path
        JSON file ``{"map": .., "ap": {"0": .., ..}}``, null for a class without truth, and, where they are
        asked for, ``ious``, ``intervals`` and ``teams``; None for no file.
    curves_dir
        Folder for the precision-recall curves: ``precision_recall.csv`` and ``.png``; None for none.
    """

    metric_path: Path | None = None
    curves_dir: Path | None = None
