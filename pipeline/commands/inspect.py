"""The command that writes the report."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    Work,
    finish,
    load_settings,
    local_engine,
)
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder


def inspect(
    work: Work,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Label file of the images, shown beside what was predicted. Default: of pre-cropped "
            "cells, the labels of their index.",
        ),
    ] = None,
    queue: Annotated[
        str | None,
        typer.Option(
            "--queue",
            help="Class by name or number: the report also lists the cells for which a label of it helps "
            "most; or rare, for all classes, the rarest first.",
        ),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Write the report that shows every cell."""
    from pipeline.steps.inspect import inspect_step

    folder, settings = WorkFolder(work), load_settings(["inspect"], config, assignments)
    manifest = execute(inspect_step(folder, labels, settings, queue=queue), local_engine())
    typer.echo(f"report: {folder.report / 'index.html'}")
    finish([manifest])
