"""The metric of the Kaggle 2021 competition: mean average precision over the classes at mask IoU 0.6.

Source: the Open Images instance segmentation challenge, as the TensorFlow Object Detection API evaluates it.
A detection looks only at the truth cell of its class with which its intersection over union is highest; it is
right if that reaches the threshold and no detection ranked before it in the image took the cell.
"""

from dataclasses import dataclass
from os import PathLike

import numpy as np

from data.labels.label_set import HPA2021, LabelSet
from data.predictions.submission import Submission, read_submission
from data.score.judged_detections import AbsentPolicy, JudgedDetections, judge_detections

KAGGLE_IOU = 0.6


@dataclass(frozen=True)
class Score:
    """The score of a submission.

    Attributes
    ----------
    map
        Mean of ``average_precision`` over the classes that have truth cells; None where none has.
    average_precision
        (classes,) 0..1; None for a class without truth cells.
    truth_cells, detections
        (classes,) cells of the truth, and detections that were ranked; empty masks are neither.
    images, images_without_row, ignored_images
        Images of the truth; those of them that the submission lacks; images of the submission that the truth
        lacks, and that are left out.

    Examples
    --------
    >>> import hpacells as hpa
    >>> result = hpa.score("submission.csv", "truth.csv")
    >>> result.average_precision[7], result.truth_cells[7], result.detections[7]
    (1.0, 1, 1)
    >>> result.average_precision[0] is None  # no cell of the truth has class 0
    True
    """

    map: float | None
    average_precision: tuple[float | None, ...]
    truth_cells: tuple[int, ...]
    detections: tuple[int, ...]
    images: int
    images_without_row: int
    ignored_images: int


def score(
    submission: Submission | str | PathLike[str],
    truth: Submission | str | PathLike[str],
    *,
    absent: AbsentPolicy = "fp",
    min_iou: float = KAGGLE_IOU,
    label_set: LabelSet = HPA2021,
) -> Score:
    """Score a submission against the truth.

    Parameters
    ----------
    submission, truth
        Files, or what ``read_submission`` returned for them, both with one label set; the confidences of the
        truth do not matter.
    absent
        Whether detections of a class that their image does not have are false positives (``fp``) or left out
        (``ignore``, the rule of Open Images).
    min_iou
        Intersection over union from which on a detection matches a cell, above 0.
    label_set
        The classes of files; a ``Submission`` has its own.

    Raises
    ------
    InputError
        A file cannot be read, an image has different sizes in the two, or a mask string is not valid or not
        of its image's size; the message names the image and the triple.
    ValueError
        The two have different label sets.

    Examples
    --------
    >>> import hpacells as hpa
    >>> result = hpa.score("submission.csv", "truth.csv")
    >>> result.map
    1.0
    >>> {name: ap for name, ap in zip(hpa.CLASS_NAMES, result.average_precision) if ap is not None}
    {'Golgi apparatus': 1.0}
    """
    submission, truth = (
        file if isinstance(file, Submission) else read_submission(file, label_set)
        for file in (submission, truth)
    )
    if submission.label_set.names != truth.label_set.names:
        message = f"classes of {submission.label_set} and of {truth.label_set}"
        raise ValueError(message)
    return summarise(judge_detections(submission, truth, absent=absent, min_iou=min_iou))


def summarise(judged: JudgedDetections) -> Score:
    """Return the score of judged detections."""
    by_class = judged.average_precisions()
    known = [value for value in by_class if value is not None]
    return Score(
        map=float(np.mean(known)) if known else None,
        average_precision=by_class,
        truth_cells=tuple(np.bincount(judged.truth_labels, minlength=judged.classes).tolist()),
        detections=tuple(np.bincount(judged.labels, minlength=judged.classes).tolist()),
        images=judged.images,
        images_without_row=judged.images_without_row,
        ignored_images=judged.ignored_images,
    )
