"""What of a score is due to the masks, and what to the classes."""

from dataclasses import replace

import numpy as np
import pandas as pd

from data.predictions.submission import Submission
from data.score.mask_matching import join_images, match_masks

_ANY = 1e-9
"""Smallest intersection over union of masks that share a pixel, whatever their sizes."""


def with_true_classes(submission: Submission, truth: Submission, min_iou: float) -> Submission:
    """Return the masks of a submission with the classes of the true cells that they match, all as confident.

    A mask that matches no cell has no class. What its score lacks to 1 is what the masks cost.

    Parameters
    ----------
    submission, truth
        As of `score`.
    min_iou
        Intersection over union from which on masks match.
    """
    best = _best_pairs(submission, truth, min_iou)
    cells = truth.triples[["mask", "label"]].rename(columns={"mask": "truth_mask"}).drop_duplicates()
    given = best.merge(cells, on="truth_mask")
    images = submission.triples.drop_duplicates("mask").set_index("mask")["image"]
    triples = pd.DataFrame(
        {
            "image": images.reindex(given["mask"]).to_numpy(np.int32),
            "label": given["label"].to_numpy(np.int16),
            "confidence": np.ones(len(given)),
            "mask": given["mask"].to_numpy(np.int32),
        }
    )
    return _arrange(submission, triples)


def with_true_masks(submission: Submission, truth: Submission) -> Submission:
    """Return the classes of a submission on the true masks that its own overlap most.

    Of several masks on one true cell each class counts once, as confident as the most confident. What its
    score lacks to 1 is what the classes cost, and the cells that have no mask at all.
    """
    best = _best_pairs(submission, truth, _ANY)
    given = submission.triples.merge(best, on="mask")
    given = given.sort_values("confidence", ascending=False, kind="stable")
    given = given.drop_duplicates(["truth_mask", "label"])
    images = truth.triples.drop_duplicates("mask").set_index("mask")["image"]
    triples = pd.DataFrame(
        {
            "image": images.reindex(given["truth_mask"]).to_numpy(np.int32),
            "label": given["label"].to_numpy(np.int16),
            "confidence": given["confidence"].to_numpy(np.float64),
            "mask": given["truth_mask"].to_numpy(np.int32),
        }
    )
    return replace(_arrange(truth, triples), source=submission.source)


def _best_pairs(submission: Submission, truth: Submission, min_iou: float) -> pd.DataFrame:
    """Return for each ``mask`` the ``truth_mask`` that it overlaps most, of equals the first."""
    pairs = match_masks(submission, truth, join_images(submission, truth), min_iou).pairs
    pairs = pairs.sort_values(["iou", "truth_mask"], ascending=[False, True], kind="stable")
    return pairs.drop_duplicates("mask")[["mask", "truth_mask"]]


def _arrange(file: Submission, triples: pd.DataFrame) -> Submission:
    """Return a file with other triples, by image, and its masks numbered as they come."""
    triples = triples.sort_values(["image", "mask"], kind="stable", ignore_index=True)
    numbers, used = pd.factorize(triples["mask"])
    masks = [file.masks[number] for number in used]
    return replace(file, triples=triples.assign(mask=numbers.astype(np.int32)), masks=masks)
