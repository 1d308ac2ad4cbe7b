"""The command that writes the results in the formats of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, hold_folder, load_settings, run_step
from pipeline.runs.work_folder import WorkFolder
from stages.export.formats import describe_formats


def export(
    folder: Annotated[
        Path | None, typer.Argument(metavar="WORK", help="Work folder.", callback=hold_folder)
    ] = None,
    work: Annotated[
        Path | None, typer.Option("--work", help="In place of WORK.", callback=hold_folder)
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            "--as",
            metavar="FORMAT",
            help=f"One of: {describe_formats()}; the first is the default.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the files, or the one file itself. Default: in the work folder."
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Label file: its labels, proteins and antibodies are written beside the cells, labels as "
            "the annotations of coco.",
        ),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Write the results for other programs (scanpy, QuPath ...)."""
    from pipeline.steps.export import export_step, find_exported

    given = [path for path in (folder, work) if path is not None]
    if len(given) != 1:
        message = "give the work folder" + (" once" if given else "")
        raise typer.BadParameter(message)
    settings = load_settings(["export"], config, assignments, {"export.format": format_name})
    work_folder = WorkFolder(given[0])
    manifest = run_step(export_step(work_folder, output, labels, settings))
    typer.echo(f"{manifest.details['format']}: {find_exported(work_folder, settings, output)}")
