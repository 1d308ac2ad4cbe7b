"""The metric of the Kaggle 2021 competition: mean average precision over the classes at mask IoU 0.6.

Source: the Open Images instance segmentation challenge, as the TensorFlow Object Detection API evaluates it.
A detection looks only at the truth cell of its class with which its intersection over union is highest; it is
right if that reaches the threshold and no detection ranked before it in the image took the cell.
"""

from dataclasses import dataclass
from os import PathLike
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.labels.label_set import HPA2021, LabelSet
from data.predictions.submission import Submission, read_submission
from data.score.average_precision import average_precision, rank_detections
from data.score.mask_matching import SharedImages, join_images, match_masks

AbsentPolicy = Literal["fp", "ignore"]
"""What a detection of a class counts as where its image has no cell of it: false positive, or nothing."""

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
    images = join_images(submission, truth)
    matches = match_masks(submission, truth, images, min_iou)
    cells = truth.triples[matches.truth_has_pixels[truth.triples["mask"]]]
    cells = cells.assign(image=images.of_truth(cells["image"]), cell=np.arange(len(cells)))
    detections = submission.triples[matches.has_pixels[submission.triples["mask"]]]
    detections = detections.assign(image=images.of_submission(detections["image"]))
    if absent == "ignore":
        found, true = (_image_and_label(triples, len(truth.label_set)) for triples in (detections, cells))
        detections = detections[np.isin(found, true)]
    detections = _rank_within_images(detections)
    detections["right"] = _find_right(detections, cells, matches.pairs)
    return _summarise(detections, cells, images, len(truth.label_set), len(submission.images))


def _image_and_label(triples: pd.DataFrame, classes: int) -> NDArray[np.int64]:
    return (triples["image"] * classes + triples["label"]).to_numpy()


def _rank_within_images(detections: pd.DataFrame) -> pd.DataFrame:
    """Sort by image, and within an image by rank; ``detection`` numbers the rows in this order."""
    ranked = detections.iloc[rank_detections(detections["confidence"].to_numpy())]
    ranked = ranked.iloc[np.argsort(ranked["image"].to_numpy(), kind="stable")]
    return ranked.assign(detection=np.arange(len(ranked)))


def _find_right(detections: pd.DataFrame, cells: pd.DataFrame, pairs: pd.DataFrame) -> NDArray[np.bool_]:
    """Find the detections, in their order, that are the first to take the cell they overlap most."""
    candidates = (
        detections[["detection", "mask", "label"]]
        .merge(pairs, on="mask")
        .merge(
            cells[["cell", "mask", "label"]].rename(columns={"mask": "truth_mask"}),
            on=["truth_mask", "label"],
        )
        .sort_values(["detection", "iou", "cell"], ascending=[True, False, True])
    )
    best = candidates.drop_duplicates("detection").drop_duplicates("cell")
    right = np.zeros(len(detections), bool)
    right[best["detection"]] = True
    return right


def _summarise(
    detections: pd.DataFrame,
    cells: pd.DataFrame,
    images: SharedImages,
    classes: int,
    submitted_images: int,
) -> Score:
    pooled = detections.iloc[rank_detections(detections["confidence"].to_numpy())]
    labels, right = pooled["label"].to_numpy(), pooled["right"].to_numpy()
    truth_cells = np.bincount(cells["label"], minlength=classes).tolist()
    by_class = tuple(
        average_precision(right[labels == label], count) if count else None
        for label, count in enumerate(truth_cells)
    )
    known = [value for value in by_class if value is not None]
    shared_images = int((images.submission_rows >= 0).sum())
    return Score(
        map=float(np.mean(known)) if known else None,
        average_precision=by_class,
        truth_cells=tuple(truth_cells),
        detections=tuple(np.bincount(labels, minlength=classes).tolist()),
        images=len(images.truth_rows),
        images_without_row=len(images.truth_rows) - shared_images,
        ignored_images=submitted_images - shared_images,
    )
