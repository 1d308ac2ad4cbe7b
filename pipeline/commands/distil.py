"""The command that trains one network on what an ensemble predicts."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    Recipe,
    hold_folders,
    load_settings,
    run_step,
)
from pipeline.runs.work_folder import WorkFolder


def distil(
    works: Annotated[
        list[Path],
        typer.Option(
            "--work",
            help="Work folder with the predictions of the teacher; repeated, the student learns from all, "
            "and is written to the first.",
            callback=hold_folders,
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", help="Label file ID,Label, to average what the teacher says with the known labels."
        ),
    ] = None,
    recipe: Recipe = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Train one fast network on what an ensemble predicts."""
    from pipeline.steps.distil import distil_step

    settings = load_settings(["distil", "train"], config, assignments, recipe=recipe)
    folders = [WorkFolder(work) for work in works]
    run_step(distil_step(folders, labels, settings))
    typer.echo(f"student: {folders[0].student}")
