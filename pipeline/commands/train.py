"""The command that trains the classifier."""

from pathlib import Path
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
    corrections: Annotated[
        Path | None,
        typer.Option(
            "--corrections",
            help="What you said of single cells in the report: the CSV that it exports. These cells have "
            "labels of their own; those with a bad mask, or marked wrong without a class, are left out.",
        ),
    ] = None,
    recipe: Recipe = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Train the classifier."""
    from pipeline.steps.train import train_step

    settings = load_settings(["train"], config, assignments, recipe=recipe)
    run_step(train_step(WorkFolder(work), labels, settings, corrections))
