"""The command that writes the results in the formats of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, hold_folder, load_settings, run_step
from pipeline.runs.work_folder import WorkFolder


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
            help="h5ad (AnnData: scanpy, cellxgene; the default), or subcellportable (its result.csv).",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Default: cells.h5ad or result.csv in the work folder.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels", help="Label file whose labels, proteins and antibodies go into an h5ad file."
        ),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Write cells, embeddings and probabilities for scanpy (h5ad)."""
    from pipeline.steps.export import export_step

    given = [path for path in (folder, work) if path is not None]
    if len(given) != 1:
        message = "give the work folder" + (" once" if given else "")
        raise typer.BadParameter(message)
    settings = load_settings(["export"], config, assignments, {"export.format": format_name})
    step = export_step(WorkFolder(given[0]), output, labels, settings)
    manifest = run_step(step)
    typer.echo(f"{manifest.details['format']}: {step.outputs[0]}")
