"""The command that trains the classifier."""

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
    folder, prepared = prepare_unit(WorkFolder(work), size, images, settings, local_engine())
    finish([*prepared, execute(train_step(folder, labels, settings), local_engine())])
