"""Submission diff: what two submissions differ in."""

from typing import Any

from data.predictions.submission import read_submission
from data.score.kaggle_map import score
from data.submission.difference import compare_submissions
from data.submission.ensemble import check_images
from stages.score.settings import ScoreSettings
from stages.stage import Context, StageReport
from stages.submission.changes import list_classes, list_scores, summarise_changes
from stages.submission.paths import DiffInputs
from stages.submission.settings import SubmissionSettings


def run(
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
