"""The command that shows a field in napari."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, load_settings, read_folder
from pipeline.runs.work_folder import WorkFolder
from pipeline.runs.writer_lock import refuse_other_writer


def view(
    field: Annotated[str, typer.Argument(metavar="FIELD", help="ID of a segmented field.")],
    work: Annotated[
        Path, typer.Option("--work", help="Work folder; default: where you are.", callback=read_folder)
    ] = Path(),
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Show a field with its cells in napari, where it is installed."""
    from pipeline.steps.view import view_field

    # Only a look: a window may stay open for hours, while others write.
    refuse_other_writer(work)
    view_field(WorkFolder(work), field, load_settings(["images"], config, assignments))
