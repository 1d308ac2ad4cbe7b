"""The images that a submission has to have, and masks of them that are known to be right."""

from dataclasses import dataclass
from os import PathLike

from data.errors import InputError
from data.masks.mask_error import MaskError
from data.masks.rle import decode_runs
from data.masks.run_budget import RunBudget
from data.predictions.prediction_string import split_tokens
from data.predictions.submission import SubmissionRow, read_rows
from data.score.mask_overlap import MaskRuns, mask_from_runs


@dataclass(frozen=True)
class Sample:
    """A file in the submission's format that names the images: Kaggle's sample, a truth, or a submission.

    Attributes
    ----------
    source
        The file, for messages.
    rows
        ID -> its row.
    """

    source: str
    rows: dict[str, SubmissionRow]


def read_sample(path: str | PathLike[str]) -> Sample:
    """Read the images that a submission has to have.

    Raises
    ------
    InputError
        The file cannot be read, has no row, or has an image twice.
    """
    rows: dict[str, SubmissionRow] = {}
    for row in read_rows(path):
        if row.image_id in rows:
            raise InputError(
                found=f"the image {row.image_id} twice", where=path, expected="one row for each image"
            )
        rows[row.image_id] = row
    if not rows:
        raise InputError(found="no row below the header", where=path, expected="one row for each image")
    return Sample(str(path), rows)


def decode_known_masks(row: SubmissionRow, source: str) -> list[MaskRuns]:
    """Decode the masks of an image that have a pixel: those of Kaggle's sample have none.

    Raises
    ------
    InputError
        A mask cannot be read.
    """
    where = f"{source}, image {row.image_id}"
    budget, masks = RunBudget(), []
    for string in dict.fromkeys(split_tokens(row.prediction_string, where=where)[2::3]):
        try:
            runs = decode_runs(string, row.height * row.width, where=where)
            budget.spend(len(runs), len(string), where)
        except MaskError as error:
            # Not to be taken for one of the file that is checked.
            raise InputError(error.found, where=where, expected=error.expected) from None
        mask = mask_from_runs(runs, row.height)
        if mask.area:
            masks.append(mask)
    return masks
