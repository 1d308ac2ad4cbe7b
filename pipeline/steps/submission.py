"""The tools for submissions: what each reads and writes, and its call."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.labels.label_set import HPA2021, LabelSet, read_label_set
from pipeline.config.config import Config
from pipeline.runs.execute import Step
from pipeline.runs.fingerprints import find_given, fingerprint_given, hash_label_set
from pipeline.runs.outputs.written_files import sole_file
from pipeline.steps.score import find_predicted
from stages.score.settings import ScoreSettings
from stages.stage import Context, StageReport
from stages.submission.paths import (
    CheckInputs,
    DecodeInputs,
    DecodeOutputs,
    DiffInputs,
    MergeInputs,
    MergeOutputs,
)
from stages.submission.settings import SubmissionSettings

if TYPE_CHECKING:
    from data.submission.file_check import SubmissionCheck


def check_file(submission: Path, sample: Path | None, config: Config, context: Context) -> "SubmissionCheck":
    """Check a submission; no work folder is needed."""
    from stages.submission.check import run as check

    settings = config.settings("submission", SubmissionSettings)
    return check(CheckInputs(submission, _find_label_set(settings, submission), sample), context)


def decode_step(submission: Path, folder: Path, config: Config) -> Step:
    """Decode a submission into a folder."""
    from stages.submission.decode import decode

    settings = config.settings("submission", SubmissionSettings)
    label_set = _find_label_set(settings, submission)
    outputs = DecodeOutputs(folder / "masks", folder / "cells.csv")
    given = find_given({"submission": submission})
    return Step(
        stage="submission decode",
        manifest=folder / "decode.json",
        settings=settings,
        inputs=fingerprint_given(given) | hash_label_set(label_set),
        outputs=(outputs.masks_dir, outputs.cells_path),
        run=lambda _, context: decode(DecodeInputs(submission, label_set), outputs, context),
        given=given,
    )


def diff_files(
    first: Path, second: Path, truth: Path | None, config: Config, context: Context
) -> StageReport:
    """Compare two submissions; nothing is written."""
    from stages.submission.diff import run as diff

    settings = config.settings("submission", SubmissionSettings)
    inputs = DiffInputs(first, second, _find_label_set(settings, first), truth)
    return diff(inputs, settings, config.settings("score", ScoreSettings), context)


def merge_files(
    submissions: Sequence[Path], weights: Sequence[float], output: Path, config: Config, context: Context
) -> StageReport:
    """Merge submissions into a file; without weights all count the same."""
    from stages.submission.merge import run as merge

    settings = config.settings("submission", SubmissionSettings)
    given = tuple(weights) or (1.0,) * len(submissions)
    inputs = MergeInputs(tuple(submissions), given, _find_label_set(settings, submissions[0]))
    with sole_file("submission merge", output, submissions):
        return merge(inputs, MergeOutputs(output), settings, context)


def _find_label_set(settings: SubmissionSettings, submission: Path) -> LabelSet:
    if settings.label_set:
        return read_label_set(settings.label_set)
    return (find_predicted(submission, [submission.parent]) if submission.is_file() else None) or HPA2021
