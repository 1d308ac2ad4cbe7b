"""The command that finds a learning rate."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    FieldImages,
    Recipe,
    Work,
    finish,
    load_settings,
    local_engine,
)
from pipeline.runs.execute import execute
from pipeline.runs.work_folder import WorkFolder


def find_rate(
    work: Work,
    labels: Annotated[Path, typer.Option("--labels", help="Label file ID,Label (Kaggle's train.csv).")],
    recipe: Recipe = None,
    images: FieldImages = None,
    after: Annotated[
        bool, typer.Option("--after", help="Begin with the trained weights, to train on with them.")
    ] = False,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Try a range of learning rates, and suggest one."""
    from pipeline.steps.find_rate import find_rate_step
    from pipeline.steps.train import find_training_unit
    from pipeline.steps.whole_fields import prepare_unit

    settings = load_settings(["images", "train", "find_rate"], config, assignments, recipe=recipe)
    size = find_training_unit(settings)
    folder, prepared = prepare_unit(WorkFolder(work), size, images, settings, local_engine())
    manifest = execute(find_rate_step(folder, labels, after, settings), local_engine())
    for name, rate in manifest.details.items():
        typer.echo(f"{name:>8}: {'the loss never fell' if rate is None else f'{rate:.2g}'}")
    typer.echo(f"   curve: {folder.rate_picture}")
    finish([*prepared, manifest])
