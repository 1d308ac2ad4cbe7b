"""Average precision of cells whose masks stay and whose confidences change."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.labels.label_set import LabelSet
from data.predictions.submission import Submission
from data.score.average_precision import average_precision, rank_detections
from data.score.mask_matching import join_images, match_masks


@dataclass(frozen=True)
class FixedMatches:
    """Which cell of the truth each cell has, class by class.

    Attributes
    ----------
    targets
        (n, classes) number of the truth cell of the class that the cell overlaps most, -1 for none.
    images
        (n,) place of the cell's image among those of the truth, -1 where the truth lacks it.
    truth_images, truth_labels
        (t,) place of the image, and class, of each truth cell.
    image_count
        Images of the truth.
    """

    targets: NDArray[np.int64]
    images: NDArray[np.int64]
    truth_images: NDArray[np.int64]
    truth_labels: NDArray[np.int64]
    image_count: int

    def average_precisions(
        self,
        confidences: NDArray[np.floating],
        written: NDArray[np.bool_],
        image_counts: NDArray[np.integer] | None = None,
    ) -> NDArray[np.float64]:
        """Compute the average precision of each class, (classes,), NaN for a class without truth.

        Parameters
        ----------
        confidences
            (n, classes).
        written
            (n, classes) bool: pairs of cell and class that the submission has.
        image_counts
            (image_count,) how often each image counts, as in a bootstrap sample; by default once.
        """
        counts = np.ones(self.image_count, int) if image_counts is None else image_counts
        repeats = np.where(self.images >= 0, counts[self.images], 0)
        truth = np.bincount(
            self.truth_labels, weights=counts[self.truth_images], minlength=confidences.shape[1]
        )
        result = np.full(confidences.shape[1], np.nan)
        for label in np.flatnonzero(truth):
            rows = np.flatnonzero(written[:, label] & (repeats > 0))
            rows = rows[rank_detections(confidences[rows, label].astype(np.float64))]
            right = _are_first(self.targets[rows, label])
            result[label] = average_precision(np.repeat(right, repeats[rows]), int(truth[label]))
        return result


def match_cells(
    table: pd.DataFrame, masks: Sequence[str], truth: Submission, label_set: LabelSet, min_iou: float
) -> FixedMatches:
    """Match cells with those of the truth.

    Parameters
    ----------
    table
        (n rows) ``image_id``, ``image_height`` and ``image_width`` of the cells.
    masks
        (n,) their mask strings.
    truth
        The truth.
    label_set
        The classes.
    min_iou
        Intersection over union from which on masks match.

    Raises
    ------
    InputError
        An image has another size in the truth, or a mask string is not valid.
    """
    submission = _as_submission(table, masks, label_set)
    images = join_images(submission, truth)
    matches = match_masks(submission, truth, images, min_iou)
    cells = truth.triples[matches.truth_has_pixels[truth.triples["mask"]]]
    truth_images = images.of_truth(cells["image"])
    cells = cells.assign(cell=np.arange(len(cells)))[["mask", "label", "cell"]]
    pairs = matches.pairs.merge(cells.rename(columns={"mask": "truth_mask"}), on="truth_mask")
    pairs = pairs.sort_values(["iou", "cell"], ascending=[False, True]).drop_duplicates(["mask", "label"])
    by_mask = np.full((len(submission.masks), len(label_set)), -1, np.int64)
    by_mask[pairs["mask"], pairs["label"]] = pairs["cell"]
    return FixedMatches(
        targets=by_mask[submission.triples["mask"]],
        images=images.of_submission(submission.triples["image"]),
        truth_images=truth_images,
        truth_labels=cells["label"].to_numpy(np.int64),
        image_count=len(images.truth_rows),
    )


def _are_first(targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Find the detections, in order of rank, that have a target which none before them has."""
    first = np.zeros(len(targets), bool)
    first[np.unique(targets, return_index=True)[1]] = True
    return first & (targets >= 0)


def _as_submission(table: pd.DataFrame, masks: Sequence[str], label_set: LabelSet) -> Submission:
    """Return the cells as a submission of one triple each, whose class says nothing."""
    images = table[["image_id", "image_width", "image_height"]].drop_duplicates("image_id")
    images = images.rename(columns={"image_width": "width", "image_height": "height"})
    places = {image_id: place for place, image_id in enumerate(images["image_id"])}
    triples = pd.DataFrame(
        {
            "image": table["image_id"].map(places).to_numpy(np.int32),
            "label": np.zeros(len(table), np.int16),
            "confidence": np.ones(len(table)),
            "mask": np.arange(len(table), dtype=np.int32),
        }
    )
    images = images.reset_index(drop=True)
    return Submission("the work folder's cells", images, triples, list(masks), label_set)
