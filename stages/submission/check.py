"""Submission check: what is wrong with a submission."""

from data.submission.file_check import SubmissionCheck, check_submission
from data.submission.sample import read_sample
from stages.stage import Context
from stages.submission.paths import CheckInputs


def run(inputs: CheckInputs, context: Context) -> SubmissionCheck:
    """Check a submission; what is wrong with it is no error but the result.

    Raises
    ------
    InputError
        A file is missing or not even its first line can be read, or the sample is faulty.
    """
    sample = None if inputs.sample_path is None else read_sample(inputs.sample_path)
    with context.track("submission check", 0 if sample is None else len(sample.rows)) as advance:
        return check_submission(inputs.submission_path, sample, inputs.label_set, advance)
