"""The commands of training."""

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
    recipe: Recipe = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Train the classifier."""
    from pipeline.steps.train import train_step

    settings = load_settings(["train"], config, assignments, recipe=recipe)
    run_step(train_step(WorkFolder(work), labels, settings))


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
    from pipeline.steps.train import find_rate_step

    folder = WorkFolder(work)
    settings = load_settings(["train", "find_rate"], config, assignments, recipe=recipe)
    manifest = run_step(find_rate_step(folder, labels, after, settings))
    for name, rate in manifest.details.items():
        typer.echo(f"{name:>8}: {'the loss never fell' if rate is None else f'{rate:.2g}'}")
    typer.echo(f"   curve: {folder.rate_picture}")


def curves(
    models: Annotated[list[Path], typer.Argument(help="Folders of trained models, or of their folds.")],
    output: Annotated[Path, typer.Option("--output", help="The picture to write (PNG).")],
) -> None:
    """Draw the training curves of several models in one picture."""
    from stages.train.curves import draw_classifiers

    names = draw_classifiers(models, output)
    typer.echo(f"curves: {output} ({', '.join(names)})")
