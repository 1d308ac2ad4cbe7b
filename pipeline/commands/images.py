"""The command that shows what is found in a folder of images."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    Channels,
    ConfigFile,
    Images,
    PathList,
    images_of,
    load_settings,
    local_engine,
)
from pipeline.engines.messages import BAD_INPUT


def images(
    images: Images = None,
    path_list: PathList = None,
    channels: Channels = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Label file, whose labels are shown beside the fields.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Contact sheet to write: a PNG of up to 24 fields.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all that was found as JSON.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="List every field, not the first 40.")] = False,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Show what is found in a folder of images."""
    from pipeline.steps.images import describe_images
    from stages.images.run import format_images

    settings = load_settings(["images"], config, assignments, {"images.channels": channels})
    where = images_of(images, path_list)
    report = describe_images(where, labels, sheet, settings, local_engine())
    fields = report.details["fields"]
    if as_json:
        typer.echo(json.dumps({"counts": report.counts, "fields": fields}, indent=1))
    else:
        typer.echo(format_images(fields, len(fields) if show_all else 40))
        typer.echo(", ".join(f"{count:g} {name}" for name, count in report.counts.items()))
        if sheet is not None:
            typer.echo(f"contact sheet: {sheet}")
    if report.failures:
        raise typer.Exit(BAD_INPUT)
