"""Submission merge: one submission of several."""

import math
from collections.abc import Iterator

from data.errors import InputError
from data.predictions.submission import SubmissionRow, read_submission, write_submission
from data.predictions.submission_table import check_compression
from data.submission.ensemble import check_images, merge_submissions
from stages.stage import Context, StageReport
from stages.submission.paths import MergeInputs, MergeOutputs
from stages.submission.settings import SubmissionSettings


def run(
    inputs: MergeInputs, outputs: MergeOutputs, settings: SubmissionSettings, context: Context
) -> StageReport:
    """Merge submissions into one.

    Raises
    ------
    InputError
        There are fewer than two files, weights are not positive or not one for each file, or a file cannot be
        read, or has no images in common with the first, or images of other sizes.
    """
    check_compression(outputs.submission_path)
    count = len(inputs.submission_paths)
    if count < 2:
        raise InputError(found=f"{count} submission", where="submission merge", expected="two or more")
    if len(inputs.weights) != count or not all(0 < weight < math.inf for weight in inputs.weights):
        raise InputError(
            found="the weights " + ", ".join(f"{weight:g}" for weight in inputs.weights),
            where="--weight",
            expected=f"{count} numbers above 0, one for each submission",
        )
    submissions = [read_submission(path, inputs.label_set) for path in inputs.submission_paths]
    check_images(submissions)
    report = StageReport(counts={"images": 0, "triples": 0})
    images = len(set().union(*(submission.images["image_id"] for submission in submissions)))
    rows = merge_submissions(
        submissions,
        inputs.weights,
        min_iou=settings.iou,
        mask=settings.mask,
        min_found=settings.min_found,
    )
    with context.track("submission merge", images) as advance:

        def counted() -> Iterator[SubmissionRow]:
            for row in rows:
                report.counts["images"] += 1
                report.counts["triples"] += len(row.prediction_string.split()) // 3
                advance(1)
                yield row

        write_submission(outputs.submission_path, counted())
    return report
