"""The command that classifies cells."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    ShardOption,
    Work,
    load_settings,
    run_step,
)
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
    runtime: Annotated[
        str | None,
        typer.Option(help="auto, torch, torch-bfloat16, cuda, openvino, openvino-bfloat16 or openvino-int8."),
    ] = None,
    shard: ShardOption = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Predict the patterns of every cell."""
    from pipeline.steps.predict import predict_step

    settings = load_settings(["predict"], config, assignments, {"predict.runtime": runtime})
    run_step(predict_step(WorkFolder(work), models, settings))
