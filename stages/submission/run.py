"""Submission: check one, compare two, merge several; ``decode.py`` decodes one."""

import math
from collections.abc import Iterator
from typing import Any

from data.errors import InputError
from data.predictions.submission import SubmissionRow, read_submission, write_submission
from data.score.kaggle_map import score
from data.submission.difference import compare_submissions
from data.submission.ensemble import check_images, merge_submissions
from data.submission.file_check import SubmissionCheck, check_submission
from data.submission.sample import read_sample
from stages.score.settings import ScoreSettings
from stages.stage import Context, StageReport
from stages.submission.changes import list_classes, list_scores, summarise_changes
from stages.submission.paths import CheckInputs, DiffInputs, MergeInputs, MergeOutputs
from stages.submission.settings import SubmissionSettings


def check(inputs: CheckInputs, context: Context) -> SubmissionCheck:
    """Check a submission; what is wrong with it is no error but the result.

    Raises
    ------
    InputError
        A file is missing or not even its first line can be read, or the sample is faulty.
    """
    sample = None if inputs.sample_path is None else read_sample(inputs.sample_path)
    with context.track("submission check", 0 if sample is None else len(sample.rows)) as advance:
        return check_submission(inputs.submission_path, sample, inputs.label_set, advance)


def diff(
    inputs: DiffInputs, settings: SubmissionSettings, scoring: ScoreSettings, context: Context
) -> StageReport:
    """Compare two submissions, and what the change does to their score where the truth is known.

    Returns
    -------
    StageReport
        With ``cells``, ``confidences`` (one row per class), ``changes`` (one row per cell), ``lost_images``,
        ``added_images`` and, with a truth, ``scores`` in its details.

    Raises
    ------
    InputError
        A file cannot be read, or an image has different sizes.
    """
    with context.track("submission diff", 3) as advance:
        first, second = (
            read_submission(path, inputs.label_set) for path in (inputs.first_path, inputs.second_path)
        )
        check_images([first, second])
        advance(1)
        found = compare_submissions(first, second, settings.iou)
        advance(1)
        details: dict[str, Any] = summarise_changes(found)
        details["confidences"] = list_classes(found, inputs.label_set)
        if inputs.truth_path is not None:
            truth = read_submission(inputs.truth_path, inputs.label_set)
            scores = [
                score(submission, truth, absent=scoring.absent, min_iou=scoring.iou)
                for submission in (first, second)
            ]
            details["scores"] = list_scores(scores[0], scores[1], inputs.label_set)
        advance(1)
    return StageReport(counts=dict(details["cells"]), details=details)


def merge(
    inputs: MergeInputs, outputs: MergeOutputs, settings: SubmissionSettings, context: Context
) -> StageReport:
    """Merge submissions into one.

    Raises
    ------
    InputError
        There are fewer than two files, weights are not positive or not one for each file, or a file cannot be
        read, or has no images in common with the first, or images of other sizes.
    """
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
