"""The command that finds a learning rate."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, Recipe, Work, load_settings, run_step
from pipeline.runs.work_folder import WorkFolder


def find_rate(
    work: Work,
    labels: Annotated[Path, typer.Option("--labels", help="Label file ID,Label (Kaggle's train.csv).")],
    recipe: Recipe = None,
    after: Annotated[
        bool, typer.Option("--after", help="Begin with the trained weights, to train on with them.")
    ] = False,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Try a range of learning rates, and suggest one."""
    from pipeline.steps.find_rate import find_rate_step

    folder = WorkFolder(work)
    settings = load_settings(["train", "find_rate"], config, assignments, recipe=recipe)
    manifest = run_step(find_rate_step(folder, labels, after, settings))
    for name, rate in manifest.details.items():
        typer.echo(f"{name:>8}: {'the loss never fell' if rate is None else f'{rate:.2g}'}")
    typer.echo(f"   curve: {folder.rate_picture}")
