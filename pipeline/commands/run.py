"""The command that does the whole job."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    AllowFailed,
    Assignments,
    Channels,
    ConfigFile,
    EngineName,
    Images,
    OwnMasks,
    PathList,
    RayAddress,
    Recipe,
    Work,
    engine_of,
    finish,
    images_of,
    load_settings,
    local_engine,
    name_engine,
)
from pipeline.engines.choice import DISTRIBUTED
from pipeline.runs.execute import Step, execute
from pipeline.runs.manifest import Manifest
from pipeline.runs.work_folder import WorkFolder
from pipeline.runs.writer_lock import sole_writer
from stages.stage import Context


def run_all(
    work: Work,
    images: Images = None,
    path_list: PathList = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Label file ID,Label to train on; without it a trained classifier predicts (--model).",
        ),
    ] = None,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            help="Folder of a trained model, or subcell once fetched; default without labels: the bundled "
            "simhpa19.",
        ),
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="Truth CSV to score against.")] = None,
    masks: OwnMasks = None,
    recipe: Recipe = None,
    channels: Channels = None,
    export: Annotated[
        bool | None,
        typer.Option(
            "--export/--no-export",
            help="Write cells.h5ad for scanpy at the end. Default: where SubCell predicts.",
        ),
    ] = None,
    engine: EngineName = None,
    ray_address: RayAddress = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
    allow_failed: AllowFailed = False,
) -> None:
    """Do the whole job, from images to report; resume what is left."""
    from pipeline.steps.whole_run import Job, list_sections, run_everything

    if labels is not None and models:
        message = "--labels trains a classifier, and --model names one that is trained: give one of them"
        raise typer.BadParameter(message)
    if labels is None and recipe is not None:
        message = "--recipe is for a training, which needs --labels"
        raise typer.BadParameter(message)
    job = Job(
        WorkFolder(work),
        images_of(images, path_list),
        labels=labels,
        models=models or [],
        truth=truth,
        export=export,
    )
    options = {"images.channels": channels, "segment.masks": masks} | name_engine(engine, ray_address)
    settings = load_settings([*list_sections(job), "engine"], config, assignments, options, recipe)
    with engine_of(settings) as distributed, sole_writer(work):
        here = local_engine()

        def execute_step(step: Step, _: Context) -> Manifest:
            return execute(step, distributed if step.stage in DISTRIBUTED else here)

        manifests, summary = run_everything(job, settings, here, execute_step)
    typer.echo(summary)
    finish(manifests, allow_failed)
