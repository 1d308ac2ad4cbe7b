"""The command that shows what a label set and its images look like."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    Channels,
    ConfigFile,
    Work,
    finish,
    load_settings,
    local_engine,
    locate,
)
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder


def explore(
    labels: Annotated[
        Path, typer.Option("--labels", help="Label file ID,Label (Kaggle's train.csv) or Id,Target.")
    ],
    work: Work,
    images: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of the labelled fields, or some of them; default: none.", callback=locate
        ),
    ] = None,
    channels: Channels = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Plot a label set: classes, pairs, combinations, examples."""
    from pipeline.steps.explore import explore_step
    from stages.explore.run import format_exploration

    folder = WorkFolder(work)
    settings = load_settings(["images", "explore"], config, assignments, {"images.channels": channels})
    step = explore_step(folder, images, labels, settings)
    manifest = execute(step, local_engine())
    typer.echo(format_exploration(manifest.details))
    typer.echo(f"page: {folder.explore / 'index.html'}")
    finish([manifest])
