import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.factories.whole_job.commands import RECIPE
from tests.factories.whole_job.here import run_here
from tests.factories.whole_job.states.copies import copy
from tests.factories.whole_job.undisturbed import LINE, LINES, SHARD_LINE, UndisturbedRuns


class Lines:
    """The undisturbed runs of each line of commands, made when they are asked for."""

    def __init__(self, source: Path, folder: Path) -> None:
        self._source = source
        self._whole = UndisturbedRuns(LINE, source, folder / "whole")
        self._shards = UndisturbedRuns(SHARD_LINE, source, folder / "shards")

    def of(self, stage: str) -> UndisturbedRuns:
        """Return the runs to which a stage belongs."""
        if stage in LINE.stages:
            return self._whole
        if not (self._source / "model").exists():
            copy(self._whole.done() / "model", self._source / "model")
        return self._shards


@pytest.fixture(scope="session")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """Runs of all stages on four small fields, with a tiny classifier."""
    source = tmp_path_factory.mktemp("source")
    options = ["--fields", "4", "--size", "480", "--seed", "5"]
    status, messages = run_here(["hpacells", "simulate", str(source / "images"), *options])
    assert status == 0, messages
    (source / "small.toml").write_text(RECIPE)
    return Lines(source, tmp_path_factory.mktemp("undisturbed"))


def full_tries(full: int) -> int:
    """Return how many attempts the full table makes of a test, as the environment asks for."""
    return max(1, round(full * float(os.environ.get("HPACELLS_FAULTS") or 1)))


def cases(names: Iterable[Any], quick_names: Collection[Any], quick: int, full: int) -> list[Any]:
    """Return what is struck, with the number of attempts: all names many times in the full table.

    Every run of the tests strikes some names a few times.
    """
    few = [pytest.param(name, quick, id=f"quick-{_name(name)}") for name in names if name in quick_names]
    marks = [pytest.mark.faults, pytest.mark.timeout(3600)]
    return few + [
        pytest.param(name, full_tries(full), id=f"full-{_name(name)}", marks=marks) for name in names
    ]


def stages(quick_names: Collection[str], quick: int, full: int) -> list[Any]:
    """Return the stages of both lines as `cases`."""
    # The last of the shards' is one of the others', too.
    names = dict.fromkeys(stage for line in LINES for stage in line.stages)
    return cases(names, quick_names, quick, full)


def _name(name: Any) -> str:
    return name if isinstance(name, str) else " ".join(name)
