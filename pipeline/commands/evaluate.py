"""The command that compares predictions with labels."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    Labels,
    Work,
    load_settings,
    run_step,
)
from pipeline.runs.work_folder import WorkFolder


def evaluate(
    work: Work,
    labels: Labels,
    predictions: Annotated[
        Path | None, typer.Option(help="Predictions table; default: the work folder's.")
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(
            help="What you said of single cells in the report: the CSV that it exports. These cells are "
            "judged by it, as `train --corrections` trains on them."
        ),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Evaluate predictions by cell, image and protein."""
    from pipeline.steps.evaluate import evaluate_step
    from stages.evaluate.report import format_quality

    folder = WorkFolder(work)
    settings = load_settings(["evaluate"], config, assignments)
    step = evaluate_step(folder, labels, predictions, settings, corrections)
    typer.echo(format_quality(run_step(step).details))
