"""The command that scores a submission."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    hold_folder,
    load_settings,
    local_engine,
)
from pipeline.config.config import Config
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder
from stages.stage import Context


def score(
    submission: Annotated[Path, typer.Argument(help="Submission CSV.")],
    truth: Annotated[Path, typer.Argument(help="Truth CSV, in the submission's format.")],
    absent: Annotated[
        str | None,
        typer.Option(
            "--absent", help="Detections of a class that the image lacks: fp (count as false) or ignore."
        ),
    ] = None,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write mAP and AP per class there.")
    ] = None,
    curves: Annotated[
        Path | None, typer.Option("--curves", help="Write precision-recall curves into that folder.")
    ] = None,
    teams: Annotated[
        Path | None,
        typer.Option("--teams", help="Table of other teams' AP per class: tells the place of each class."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option("--work", help="Work folder whose report shows the scores.", callback=hold_folder),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Score a submission with the Kaggle metric (mAP, mask IoU 0.6)."""
    settings = load_settings(["score"], config, assignments, {"score.absent": absent})
    typer.echo(_score_files(submission, truth, settings, local_engine(), json_path, work, curves, teams))


def _score_files(
    submission: Path,
    truth: Path,
    config: Config,
    context: Context,
    json_path: Path | None,
    work: Path | None,
    curves: Path | None,
    teams: Path | None,
) -> str:
    """Score a submission and give the table of scores as text.

    Parameters
    ----------
    json_path
        Where mAP and AP per class are written as JSON, if anywhere.
    work
        Work folder that keeps the scores for its report, if any.
    curves
        Folder for precision-recall curves, if any.
    teams
        Table of other teams' average precision, if any.
    """
    from pipeline.steps.score import score_step
    from stages.score.run import format_scores

    with tempfile.TemporaryDirectory() as temporary:
        folder = WorkFolder(work or Path(temporary))
        target = json_path or folder.metric
        step = score_step(folder.manifest("score"), submission, truth, target, config, curves, teams)
        manifest = execute(step, context)
    return format_scores(manifest.details)
