"""The command that classifies cells."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    EngineName,
    FieldImages,
    RayAddress,
    RuntimeName,
    ShardOption,
    Work,
    engine_of,
    finish,
    load_settings,
    name_engine,
)
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder


def predict(
    work: Work,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            help="Folder of a trained model or of its folds, the bundled simhpa19, or subcell, "
            "subcell-rbg ... once fetched; repeated, all are averaged. Default: the work folder's.",
        ),
    ] = None,
    runtime: RuntimeName = None,
    images: FieldImages = None,
    shard: ShardOption = None,
    engine: EngineName = None,
    ray_address: RayAddress = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Predict the patterns of every cell, or of every field."""
    from pipeline.steps.predict import predict_step
    from pipeline.steps.whole_fields import find_unit, prepare_unit

    options = {"predict.runtime": runtime} | name_engine(engine, ray_address)
    settings = load_settings(["images", "predict", "engine"], config, assignments, options)
    folder = WorkFolder(work)
    size = find_unit(folder, models, settings)
    with engine_of(settings) as context:
        folder, prepared = prepare_unit(folder, size, images, settings, context)
        predicted = execute(predict_step(folder, models, settings), context)
    finish([*prepared, predicted])
