"""Which detections of a submission are right, ranked by confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.predictions.submission import Submission
from data.score.average_precision import average_precision, rank_detections
from data.score.mask_matching import join_images, match_masks

AbsentPolicy = Literal["fp", "ignore"]
"""What a detection of a class counts as where its image has no cell of it: false positive, or nothing."""


@dataclass(frozen=True)
class JudgedDetections:
    """The detections of a submission, from the most to the least confident, and the cells of the truth.

    Attributes
    ----------
    classes
        Number of classes.
    labels, image_places, confidences, right
        (n,) class, place of the image among those of the truth, and confidence of each detection, and whether
        it is right.
    truth_labels, truth_places
        (t,) class, and place of the image, of each cell of the truth.
    images, images_without_row, ignored_images
        As of a score.
    """

    classes: int
    labels: NDArray[np.integer]
    image_places: NDArray[np.integer]
    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]
    truth_labels: NDArray[np.integer]
    truth_places: NDArray[np.integer]
    images: int
    images_without_row: int
    ignored_images: int

    def average_precisions(self, image_counts: NDArray[np.integer] | None = None) -> tuple[float | None, ...]:
        """Compute the average precision of each class, None for one without a cell in the truth.

        Parameters
        ----------
        image_counts
            (images,) how often each image counts, as in a bootstrap sample; by default once.
        """
        labels, right, truth = self.labels, self.right, self.truth_labels
        if image_counts is not None:
            repeats = image_counts[self.image_places]
            labels, right = np.repeat(labels, repeats), np.repeat(right, repeats)
            truth = np.repeat(truth, image_counts[self.truth_places])
        return tuple(
            average_precision(right[labels == label], count) if count else None
            for label, count in enumerate(np.bincount(truth, minlength=self.classes).tolist())
        )

    def curve(self, label: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Compute confidences, recall and precision of a class after each detection, each (n of the class,).

        Recall is NaN for a class without a cell in the truth.
        """
        chosen = self.labels == label
        found = np.cumsum(self.right[chosen])
        truth = int((self.truth_labels == label).sum())
        recall = found / truth if truth else np.full(len(found), np.nan)
        return self.confidences[chosen], recall, found / np.arange(1, len(found) + 1)


def judge_detections(
    submission: Submission, truth: Submission, *, absent: AbsentPolicy, min_iou: float
) -> JudgedDetections:
    """Judge the detections of a submission; the parameters are those of `score`.

    Raises
    ------
    InputError
        As of `score`.
    """
    return judge_by_thresholds(submission, truth, absent=absent, ious=[min_iou])[0]


def judge_by_thresholds(
    submission: Submission, truth: Submission, *, absent: AbsentPolicy, ious: Sequence[float]
) -> list[JudgedDetections]:
    """Judge the detections of a submission at several thresholds of IoU; the masks are compared once."""
    images = join_images(submission, truth)
    matches = match_masks(submission, truth, images, min(ious))
    cells = truth.triples[matches.truth_has_pixels[truth.triples["mask"]]]
    cells = cells.assign(image=images.of_truth(cells["image"]), cell=np.arange(len(cells)))
    detections = submission.triples[matches.has_pixels[submission.triples["mask"]]]
    detections = detections.assign(image=images.of_submission(detections["image"]))
    if absent == "ignore":
        found, true = (_image_and_label(triples, len(truth.label_set)) for triples in (detections, cells))
        detections = detections[np.isin(found, true)]
    detections = _rank_within_images(detections)
    order = rank_detections(detections["confidence"].to_numpy())
    pooled = detections.iloc[order]
    shared = int((images.submission_rows >= 0).sum())
    return [
        JudgedDetections(
            classes=len(truth.label_set),
            labels=pooled["label"].to_numpy(),
            image_places=pooled["image"].to_numpy(),
            confidences=pooled["confidence"].to_numpy(),
            right=_find_right(detections, cells, matches.pairs[matches.pairs["iou"] >= iou])[order],
            truth_labels=cells["label"].to_numpy(),
            truth_places=cells["image"].to_numpy(),
            images=len(images.truth_rows),
            images_without_row=len(images.truth_rows) - shared,
            ignored_images=len(submission.images) - shared,
        )
        for iou in ious
    ]


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
