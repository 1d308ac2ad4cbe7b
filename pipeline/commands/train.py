"""The command that trains the classifier."""

from pathlib import Path
from typing import Annotated

import typer

from data.errors import InputError
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


def train(
    work: Work,
    labels: Annotated[
        str,
        typer.Option(
            "--labels",
            help="Label file ID,Label (Kaggle's train.csv), or oof: that of the last training of all folds, "
            "softened by its out-of-fold predictions.",
        ),
    ],
    corrections: Annotated[
        Path | None,
        typer.Option(
            "--corrections",
            help="What you said of single cells in the report: the CSV that it exports. These cells have "
            "labels of their own; those with a bad mask, or marked wrong without a class, are left out.",
        ),
    ] = None,
    recipe: Recipe = None,
    images: FieldImages = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Train the classifier."""
    from pipeline.steps.train import find_training_unit, train_step
    from pipeline.steps.whole_fields import prepare_unit

    settings = load_settings(["images", "train"], config, assignments, recipe=recipe)
    size = find_training_unit(settings)
    if size is not None and corrections is not None:
        raise InputError(
            found="corrections of single cells for a training on whole fields",
            where=corrections,
            expected="a training on cells (train.unit=cell)",
        )
    folder, prepared = prepare_unit(WorkFolder(work), size, images, settings, local_engine())
    step = train_step(folder, labels, settings, corrections)
    finish([*prepared, execute(step, local_engine())])
