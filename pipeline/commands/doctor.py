"""The command that examines the machine."""

from pathlib import Path
from typing import Annotated

import typer


def doctor(
    work: Annotated[Path, typer.Option("--work", help="Folder whose free disk space is shown.")] = Path(
        "work"
    ),
) -> None:
    """Show versions, runtimes, weights and disk for a bug report."""
    from models.doctor import examine, format_examination

    typer.echo(format_examination(examine(work)))
