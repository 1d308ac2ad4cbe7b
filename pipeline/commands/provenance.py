"""The command that shows what made the predictions of a work folder."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import read_folder
from pipeline.engines.messages import BAD_INPUT
from pipeline.runs.work_folder import WorkFolder

log = logging.getLogger("hpacells")


def provenance(
    work: Annotated[Path, typer.Argument(help="Work folder.", callback=read_folder)],
    cell: Annotated[
        str | None, typer.Option("--cell", metavar="ID/NUMBER", help="One cell: its field's ID and number.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    crate: Annotated[
        Path | None,
        typer.Option("--crate", help="Write it as RO-Crate metadata: ro-crate-metadata.json, or its folder."),
    ] = None,
) -> None:
    """Show what made each prediction: images, weights, settings."""
    from data.provenance.crate import find_crate_file, write_crate
    from data.provenance.listing import format_provenance
    from pipeline.steps.provenance import collect_provenance

    file = find_crate_file(crate) if crate is not None else None
    found = collect_provenance(WorkFolder(work), cell)
    if file is not None:
        write_crate(file, found)
        log.info("RO-Crate: %s", file)
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=1))
    elif file is None or cell is not None:
        typer.echo(format_provenance(found))
    for path in found.damaged:
        stage = Path(path).stem
        log.error(
            "%s: cannot be read as a manifest; expected what `hpacells %s` wrote; run that command again",
            path,
            stage.replace("_", "-"),
        )
    if found.damaged:
        raise typer.Exit(BAD_INPUT)
