"""Which masks of a submission overlap which masks of the truth, image by image."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import InputError
from data.masks.rle import decode_runs
from data.masks.run_budget import RunBudget
from data.predictions.submission import Submission
from data.score.mask_overlap import MaskRuns, find_overlaps, mask_from_runs


@dataclass(frozen=True)
class SharedImages:
    """The images of the truth, in the order of their IDs, and where each stands in either file.

    Attributes
    ----------
    truth_rows, submission_rows
        (n,) row in ``images`` of the file; -1 where the submission lacks the image.
    """

    truth_rows: NDArray[np.int64]
    submission_rows: NDArray[np.int64]

    def of_truth(self, rows: pd.Series) -> NDArray[np.int64]:
        """Turn image rows of the truth into places in this order."""
        return _invert(self.truth_rows, rows)

    def of_submission(self, rows: pd.Series) -> NDArray[np.int64]:
        """Turn image rows of the submission into places in this order, -1 where the truth lacks the image."""
        return _invert(self.submission_rows, rows)


@dataclass(frozen=True)
class MaskMatches:
    """Pairs of masks that overlap enough, and which masks have a pixel at all.

    Attributes
    ----------
    pairs
        A row a pair: ``mask`` and ``truth_mask`` (indices into ``masks`` of the files), ``iou``.
    has_pixels, truth_has_pixels
        bool for every mask of the submission and of the truth; False, too, in images that are not shared.
    """

    pairs: pd.DataFrame
    has_pixels: NDArray[np.bool_]
    truth_has_pixels: NDArray[np.bool_]


def join_images(submission: Submission, truth: Submission) -> SharedImages:
    """Find the images of the truth in a submission.

    Raises
    ------
    InputError
        An image has another size in the submission; the message names it.
    """
    rows = {image_id: row for row, image_id in enumerate(submission.images["image_id"])}
    truth_ids = truth.images["image_id"].to_numpy(object)
    truth_rows = np.argsort(truth_ids, kind="stable")
    submission_rows = np.array([rows.get(image_id, -1) for image_id in truth_ids[truth_rows]], np.int64)
    shared = submission_rows >= 0
    sizes = truth.images[["width", "height"]].to_numpy()[truth_rows[shared]]
    submitted = submission.images[["width", "height"]].to_numpy()[submission_rows[shared]]
    for place in np.flatnonzero((sizes != submitted).any(axis=1)).tolist():
        raise InputError(
            found="{} x {} px (width x height)".format(*submitted[place]),
            where=f"{submission.source}, image {truth_ids[truth_rows[shared][place]]}",
            expected="{} x {} px, as in {}".format(*sizes[place], truth.source),
        )
    return SharedImages(truth_rows, submission_rows)


def match_masks(
    submission: Submission, truth: Submission, images: SharedImages, min_iou: float
) -> MaskMatches:
    """Compare the masks of every shared image, each distinct mask string once.

    Raises
    ------
    InputError
        A mask string is not valid or not of its image's size, or the masks of an image are more than any
        cells; the message names the image and the triple.
    """
    submitted, true = FileMasks(submission), FileMasks(truth)
    pairs = []
    for truth_row, row in zip(images.truth_rows.tolist(), images.submission_rows.tolist(), strict=True):
        decoded: dict[str, MaskRuns] = {}
        cells = true.decode(truth_row, decoded)
        detections = submitted.decode(row, decoded) if row >= 0 else []
        where = f"{submission.source}, image {truth.images['image_id'].iloc[truth_row]}"
        mask, truth_mask, iou = find_overlaps(detections, cells, min_iou, where=where)
        pairs.append((mask + submitted.starts[row], truth_mask + true.starts[truth_row], iou))
    types = {"mask": np.int64, "truth_mask": np.int64, "iou": np.float64}
    columns = zip(*pairs, strict=True) if pairs else [()] * len(types)
    table = {
        name: np.concatenate([np.empty(0, dtype), *column])
        for (name, dtype), column in zip(types.items(), columns, strict=True)
    }
    return MaskMatches(pd.DataFrame(table), submitted.has_pixels, true.has_pixels)


class FileMasks:
    """Decode the masks of a file image by image, and note which have a pixel."""

    def __init__(self, submission: Submission, budget: RunBudget | None = None) -> None:
        self._submission = submission
        self._budget = budget or RunBudget()
        self._sizes = submission.images[["height", "width"]].to_numpy().tolist()
        first = submission.triples.drop_duplicates("mask")
        self.starts = np.searchsorted(first["image"], np.arange(len(submission.images) + 1))
        triple_starts = np.searchsorted(submission.triples["image"], np.arange(len(submission.images) + 1))
        self._triple_numbers = first.index.to_numpy() - triple_starts[first["image"]] + 1
        self.has_pixels = np.zeros(len(submission.masks), bool)

    def decode(self, row: int, decoded: dict[str, MaskRuns]) -> list[MaskRuns]:
        """Decode the masks of one image; ``decoded`` holds those of the same image that are known already."""
        height, width = self._sizes[row]
        lines, image_id = self._submission.lines, self._submission.images["image_id"].iloc[row]
        line = f", line {lines[row]}" if lines else ""
        where = f"{self._submission.source}{line}, image {image_id}, triple "
        masks = []
        self._budget.begin_image()
        for number in range(self.starts[row], self.starts[row + 1]):
            string = self._submission.masks[number]
            if string not in decoded:
                place = f"{where}{self._triple_numbers[number]}"
                runs = decode_runs(string, height * width, where=place)
                self._budget.spend(len(runs), len(string), place)
                decoded[string] = mask_from_runs(runs, height)
            self.has_pixels[number] = decoded[string].area > 0
            masks.append(decoded[string])
        return masks


def _invert(rows_in_order: NDArray[np.int64], rows: pd.Series) -> NDArray[np.int64]:
    places = np.full(max(rows_in_order.max(initial=-1), rows.max() if len(rows) else -1) + 1, -1)
    known = np.flatnonzero(rows_in_order >= 0)
    places[rows_in_order[known]] = known
    return places[rows.to_numpy()]
