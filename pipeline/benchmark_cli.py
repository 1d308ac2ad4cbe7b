"""Simulating a frozen set of the benchmark, as the command line asks for it."""

from pathlib import Path

import typer

from pipeline.command_options import finish, local_engine

NOT_AS_FROZEN = 1
"""Exit status where a simulated set is not the frozen one."""


def simulate_benchmark(out: Path, name: str, part: str | None, *, freeze: bool, check: bool) -> None:
    """Simulate a set, or one part of it, and tell of each part; then freeze it, or compare it if asked."""
    from pipeline.benchmark.frozen_sets import check_set, freeze_set
    from pipeline.benchmark.sets import simulate_set

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
