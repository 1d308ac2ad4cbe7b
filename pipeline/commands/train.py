"""The command that trains the classifier."""

from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, Recipe, Work, load_settings, run_step
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
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Train the classifier."""
    from pipeline.steps.train import train_step

    settings = load_settings(["train"], config, assignments, recipe=recipe)
    run_step(train_step(WorkFolder(work), labels, settings))
