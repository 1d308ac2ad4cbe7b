"""The command that cuts cells to tiles."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    AllowFailed,
    Assignments,
    ConfigFile,
    EngineName,
    RayAddress,
    ShardOption,
    Work,
    load_settings,
    locate,
    name_engine,
    run_step,
)
from pipeline.runs.work_folder import WorkFolder


def crops(
    work: Work,
    images: Annotated[
        Path | None, typer.Argument(help="Folder of the fields that were segmented.", callback=locate)
    ] = None,
    index: Annotated[Path | None, typer.Option("--from", help="Index (CSV) of pre-cropped cells.")] = None,
    neighbours: Annotated[str | None, typer.Option(help="mask or keep what lies outside the cell.")] = None,
    shard: ShardOption = None,
    engine: EngineName = None,
    ray_address: RayAddress = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Cut every cell to a tile, or take pre-cropped cells."""
    from pipeline.steps.crops import any_crops_step

    if shard is not None and index is not None:
        message = "--shard is for segmented fields, and --from names cells that were cut elsewhere"
        raise typer.BadParameter(message)
    options = {"crops.neighbours": neighbours} | name_engine(engine, ray_address)
    settings = load_settings(["images", "crops", "engine"], config, assignments, options)
    run_step(any_crops_step(WorkFolder(work), images, index, settings), allow_failed, settings)
