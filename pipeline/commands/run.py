"""The command that does the whole job."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    AllowFailed,
    Assignments,
    ConfigFile,
    Images,
    Labels,
    Recipe,
    Work,
    finish,
    load_settings,
    local_engine,
)
from pipeline.runs.work_folder import WorkFolder


def run_all(
    images: Images,
    labels: Labels,
    work: Work,
    truth: Annotated[Path | None, typer.Option(help="Truth CSV to score against.")] = None,
    recipe: Recipe = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Do the whole job, from images to report; resume what is left."""
    from pipeline.steps.whole_run import READS, run_everything

    settings = load_settings(READS, config, assignments, recipe=recipe)
    manifests, summary = run_everything(WorkFolder(work), images, labels, truth, settings, local_engine())
    typer.echo(summary)
    finish(manifests, allow_failed)
