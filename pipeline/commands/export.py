"""The command that writes the results in the formats of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, hold_folder, load_settings, run_step
from pipeline.runs.work_folder import WorkFolder


def export(
    work: Annotated[Path, typer.Argument(help="Work folder.", callback=hold_folder)],
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

    settings = load_settings(["export"], config, assignments, {"export.format": format_name})
    manifest = run_step(export_step(WorkFolder(work), output, labels, settings))
    typer.echo(f"{manifest.details['format']}: {next(iter(manifest.outputs))}")
