"""Where the content of a report lies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.labels.label_set import LabelSet


@dataclass(frozen=True)
class Sources:
    """Where the report's content lies.

    Attributes
    ----------
    curves
        Training curves of the classifier, or None.
    scores
        Those of the submission, or None.
    full_scale
        Setting of the crops stage, so that fields are shown as bright as their tiles.
    labels
        Label file of the images, with the classes of the predictions, or None.
    """

    images: Path
    masks: Path
    images_table: Path
    cells: Path
    tiles: Path
    predictions: Path
    curves: Path | None
    scores: dict[str, Any] | None
    full_scale: int | None = None
    labels: Path | None = None


@dataclass(frozen=True)
class PrecroppedInspectInputs:
    """Where the content of a report on pre-cropped cells lies.

    Attributes
    ----------
    cells, tiles
        Cells table and tile store.
    predictions
        Predictions table; None where nothing was predicted yet.
    labels
        Label file of the cells, or None.
    label_set
        Its classes; None for those of the predictions.
    trained_on
        Whether the classifier was trained with these very labels.
    curves
        Training curves of the classifier, or None.
    """

    cells: Path
    tiles: Path
    predictions: Path | None = None
    labels: Path | None = None
    label_set: LabelSet | None = None
    trained_on: bool = False
    curves: Path | None = None
