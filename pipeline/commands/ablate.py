"""The command that measures the rules of the combiner."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, Work, load_settings, run_step
from pipeline.runs.work_folder import WorkFolder


def ablate(
    truth: Annotated[Path, typer.Argument(help="Truth CSV, in the submission's format.")],
    work: Work,
    rules: Annotated[
        str | None,
        typer.Option(help="Rules that are the base: a TOML file, or simhpa19; default: none."),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="Predictions table; default: the work folder's.")
    ] = None,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Measure what each rule of the combiner is worth."""
    from pipeline.config.rules_file import read_rules
    from pipeline.steps.ablate import ablate_step
    from stages.ablate.run import format_variants

    named = [] if rules is None else read_rules(rules)
    settings = load_settings(["combine", "ablate"], config, [*named, *(assignments or ())])
    manifest = run_step(ablate_step(WorkFolder(work), truth, predictions, settings))
    typer.echo(format_variants(manifest.details))
