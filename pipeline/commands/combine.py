"""The command that writes a submission."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import (
    Assignments,
    ConfigFile,
    Work,
    load_settings,
    run_step,
)
from pipeline.runs.work_folder import WorkFolder


def combine(
    work: Work,
    output: Annotated[Path | None, typer.Option(help="Default: submission.csv in the work folder.")] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Predictions table, such as one edited by hand; default: the work folder's."),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            help="Rules that make confidences of probabilities: a TOML file, simhpa19 (the default for "
            "classifiers of the default recipe) or as-predicted (none)."
        ),
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Write the submission in the Kaggle format."""
    from pipeline.config.rules_file import read_rules
    from pipeline.steps.combine import combine_step

    named = [] if rules is None else read_rules(rules)
    folder, settings = WorkFolder(work), load_settings(["combine"], config, [*named, *(assignments or ())])
    run_step(combine_step(folder, output or folder.submission, predictions, settings))
