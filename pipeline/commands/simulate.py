"""The command that simulates labelled fields."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import Assignments, ConfigFile, finish, load_settings, local_engine, run_step

NOT_AS_FROZEN = 1
"""Exit status where a simulated set is not the frozen one."""


def simulate(
    out: Annotated[Path, typer.Argument(help="Folder for the images, train.csv, truth.csv and masks.")],
    fields: Annotated[int | None, typer.Option(help="Number of fields.")] = None,
    size: Annotated[int | None, typer.Option(help="Side of a field in px.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed gives another set.")] = None,
    benchmark: Annotated[
        str | None,
        typer.Option(help="A frozen set of SimHPA-19, with its own settings: tiny, small or full."),
    ] = None,
    part: Annotated[
        str | None, typer.Option(help="Of the frozen set only train, validation or test.")
    ] = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Keep the frozen set's hashes.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Compare with the hashes that were kept.")] = False,
    config: ConfigFile = None,
    assignments: Assignments = None,
) -> None:
    """Simulate labelled fields with known cells."""
    from pipeline.steps.simulate import simulate_step

    options = {"simulate.fields": fields, "simulate.size": size, "simulate.seed": seed}
    if benchmark is not None:
        if config or assignments or any(value is not None for value in options.values()):
            fixed = "the settings of a frozen set are fixed: --benchmark takes none"
            raise typer.BadParameter(fixed)
        _simulate_benchmark(out, benchmark, part, freeze=freeze, check=check)
        return
    if part or freeze or check:
        lonely = "--part, --freeze and --check go with --benchmark"
        raise typer.BadParameter(lonely)
    run_step(simulate_step(out, load_settings(["simulate"], config, assignments, options)))


def _simulate_benchmark(out: Path, name: str, part: str | None, *, freeze: bool, check: bool) -> None:
    """Simulate a set, or one part of it, and tell of each part; then freeze it, or compare it if asked."""
    from pipeline.benchmark.frozen_sets import check_set, freeze_set
    from pipeline.benchmark.sets import VERSION, simulate_set

    typer.echo(f"SimHPA-19 version {VERSION}")
    simulated = simulate_set(out, name, part, local_engine())
    for _, line in simulated:
        typer.echo(line)
    finish([manifest for manifest, _ in simulated])
    if freeze:
        typer.echo(f"frozen: {freeze_set(out, name)}")
    if not check:
        return
    differences = check_set(out, name)
    for line in differences:
        typer.echo(line)
    if differences:
        raise typer.Exit(NOT_AS_FROZEN)
    typer.echo(f"{name}: as frozen")
