"""The command that shows what the neurons of a classifier respond to."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, Work, finish, load_settings, local_engine
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder


def features(
    work: Work,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Label file ID,Label: a cell has its image's single label. Default: the predicted class.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            help="Folder of a trained model, or the bundled simhpa19; of folds the first is taken. "
            "Default: the work folder's.",
        ),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Show what the neurons of a classifier respond to."""
    from pipeline.steps.features import features_step
    from stages.features.run import format_features

    folder = WorkFolder(work)
    step = features_step(folder, labels, model, load_settings(["features"], config, assignments))
    manifest = execute(step, local_engine())
    typer.echo(format_features(manifest.details))
    typer.echo(f"page: {folder.features / 'index.html'}")
    finish([manifest])
