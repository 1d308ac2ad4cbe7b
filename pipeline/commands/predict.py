"""The command that classifies cells."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    FieldImages,
    RuntimeName,
    ShardOption,
    Work,
    finish,
    load_settings,
    local_engine,
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
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Predict the patterns of every cell, or of every field."""
    from pipeline.steps.predict import predict_step
    from pipeline.steps.whole_fields import find_unit, prepare_unit

    settings = load_settings(["images", "predict"], config, assignments, {"predict.runtime": runtime})
    folder = WorkFolder(work)
    size = find_unit(folder, models, settings)
    folder, prepared = prepare_unit(folder, size, images, settings, local_engine())
    finish([*prepared, execute(predict_step(folder, models, settings), local_engine())])
