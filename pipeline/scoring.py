"""Scoring one submission, with or without a work folder to remember the scores in."""

import tempfile
from pathlib import Path

from pipeline.config.config import Config
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder
from pipeline.steps import score_step
from stages.score.run import format_scores
from stages.stage import Context


def score_files(
    submission: Path, truth: Path, config: Config, context: Context, json_path: Path | None, work: Path | None
) -> str:
    """Score a submission and give the table of scores as text.

    Parameters
    ----------
    json_path
        Where mAP and AP per class are written as JSON, if anywhere.
    work
        Work folder that keeps the scores for its report, if any.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = WorkFolder(work or Path(temporary))
        target = json_path or folder.metric
        step = score_step(folder.manifest("score"), submission, truth, target, config)
        manifest = execute(step, context)
    return format_scores(manifest.details)
