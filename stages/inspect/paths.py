"""What the inspect stage reads and writes, for segmented fields and for pre-cropped cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.fields.field import Field
from data.labels.label_set import LabelSet


@dataclass(frozen=True)
class PredictedBy:
    """The classifiers that predicted, to be run again for their attention.

    Attributes
    ----------
    folders
        Their folders, the first classifier's first.
    problem
        Why they cannot be run again, in a clause; empty where they are what they were.
    """

    folders: Sequence[Path]
    problem: str = ""


@dataclass(frozen=True)
class RunRecord:
    """How the results that a report shows came about.

    Attributes
    ----------
    stages
        What each finished stage noted: its name, settings, seconds, counts, versions and so on.
    weights
        Of each classifier that predicted its name and the SHA-256 of its weights; of weights that are not
        what they were, what became of them.
    thresholds
        Probabilities from which on the classifiers called the classes; None where they called the likeliest
        one, or it is not known.
    rate_path
        Picture of the learning rate's range test, or None.
    """

    stages: Sequence[dict[str, Any]] = ()
    weights: Sequence[tuple[str, str]] = ()
    thresholds: tuple[float, ...] | None = None
    rate_path: Path | None = None


@dataclass(frozen=True)
class InspectInputs:
    """What a report on fields is made of.

    Attributes
    ----------
    fields
        The fields that were segmented.
    images_dir
        Folder in which they were found; named in messages.
    masks_dir, images_table_path, cells_path, tiles_path, predictions_path
        Label images, images table, cells table, tile store and predictions table.
    curves_path
        Training curves of the classifier, or None.
    scores
        Scores of the submission, as the score stage reports them, or None.
    labels_path
        Label file of the images, with the classes of the predictions, or None.
    classifier, limits
        Name of the classifier that predicted with the channels that it sees, and in a clause how far it can
        be trusted; empty where nothing is to be said.
    predicted_by
        The classifiers whose attention is shown; None for no attention.
    queue
        The class by which cells are ordered for labelling, "rare" for all, or None for no such order.
    record
        How the results came about.
    """

    fields: Sequence[Field]
    images_dir: Path
    masks_dir: Path
    images_table_path: Path
    cells_path: Path
    tiles_path: Path
    predictions_path: Path
    curves_path: Path | None = None
    scores: dict[str, Any] | None = None
    labels_path: Path | None = None
    classifier: str = ""
    limits: str = ""
    predicted_by: PredictedBy | None = None
    queue: str | None = None
    record: RunRecord = RunRecord()


@dataclass(frozen=True)
class PrecroppedInspectInputs:
    """What a report on pre-cropped cells is made of.

    Attributes
    ----------
    cells_path, tiles_path
        Cells table and tile store.
    predictions_path
        Predictions table; None where nothing was predicted yet.
    labels_path
        Label file of the cells, or None.
    label_set
        Its classes; None for those of the predictions.
    trained_on
        Whether the classifier was trained with these very labels.
    curves_path
        Training curves of the classifier, or None.
    classifier, limits, predicted_by, queue, record
        As of `InspectInputs`.
    """

    cells_path: Path
    tiles_path: Path
    predictions_path: Path | None = None
    labels_path: Path | None = None
    label_set: LabelSet | None = None
    trained_on: bool = False
    curves_path: Path | None = None
    classifier: str = ""
    limits: str = ""
    predicted_by: PredictedBy | None = None
    queue: str | None = None
    record: RunRecord = RunRecord()


@dataclass(frozen=True)
class InspectOutputs:
    """What the inspect stage writes: the folder of the report, replaced as a whole."""

    report_dir: Path
