"""The command that makes a label file from the locations of genes."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, load_settings, local_engine


def labels(
    locations: Annotated[Path, typer.Argument(help="HPA's subcellular_location.tsv.")],
    of: Annotated[
        Path, typer.Option("--of", help="Table of the images: columns ID, Gene and, if known, Antibody.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Label file to write: ID,Label,Protein,Antibody.")],
    reliability: Annotated[
        str | None,
        typer.Option(help="Which locations: of enhanced,supported,approved,uncertain; all but the last."),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Make a label file from the locations of genes (HPA)."""
    from pipeline.steps.labels import label_images

    options = {"labels.reliability": reliability}
    settings = load_settings(["labels"], config, assignments, options)
    report = label_images(locations, of, out, settings, local_engine())
    typer.echo(", ".join(f"{count:g} {name}" for name, count in report.counts.items()))
    typer.echo(f"labels: {out}")
