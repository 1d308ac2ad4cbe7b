"""The command that joins shards."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import AllowFailed, finish, hold_folder, local_engine
from pipeline.runs.work_folder import WorkFolder
from pipeline.runs.writer_lock import sole_writer


def merge(
    work: Annotated[
        Path, typer.Argument(help="Work folder, with what --shard made in it.", callback=hold_folder)
    ],
    allow_failed: AllowFailed = False,
) -> None:
    """Join what machines made of the shards of a set."""
    from pipeline.steps.merge import merge_shards

    with sole_writer(work):
        manifests = merge_shards(WorkFolder(work), local_engine())
    finish(manifests, allow_failed)
