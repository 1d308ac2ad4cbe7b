"""Commands that are killed (SIGKILL): the next one gives the results of an undisturbed run."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.factories.whole_job.processes import Started, start
from tests.factories.whole_job.tally import Tally
from tests.factories.whole_job.undisturbed import UndisturbedRuns, copy
from tests.faults.conftest import Lines, stages, tries

KILLED = -9

Begin = Callable[[random.Random, list[str]], Started]
"""Begins a command that is to be killed, and kills it unless it ends before."""


def strike(runs: UndisturbedRuns, stage: str, work: Path, tally: Tally, count: int, begin: Begin) -> None:
    """Kill a stage so many times, from different starts, and go on with the same or other settings."""
    command = list(runs.command(work, stage, changed=True))
    for number in range(count):
        chance = random.Random(f"{tally.fault} {stage} {number}")
        # With results of other settings in the folder, or without any.
        is_new, is_same = chance.random() < 0.3, chance.random() < 0.5
        start_from = runs.before(stage) if is_new else runs.usual(stage)

        def attempt(
            chance: random.Random = chance, start_from: Path = start_from, is_same: bool = is_same
        ) -> list[str]:
            # One that ended first was not killed: from the start again then, to another moment.
            for _ in range(20):
                copy(start_from, work)
                if begin(chance, command).wait() == KILLED:
                    return runs.finish(work, stage, *((stage,) if is_same else ()))
            pytest.fail("always ended before it could be killed")

        start_text = "no results" if is_new else "results of other settings"
        tally.add(f"{number}, from {start_text}, {'same' if is_same else 'other'} settings next", attempt)
    tally.close()


@pytest.mark.parametrize("stage", stages(quick=("segment", "inspect")))
@pytest.mark.parametrize("count", tries(1, 50))
def test_killed_at_any_moment(lines: Lines, tmp_path: Path, stage: str, count: int) -> None:
    runs, work, log = lines.of(stage), tmp_path / "work", tmp_path / "log"
    copy(runs.usual(stage), work)
    started = start(runs.command(work, stage, changed=True), work, log)
    started.wait_for_writing()
    begun = time.perf_counter()
    assert started.wait() == 0, started.messages()
    duration = time.perf_counter() - begun

    def begin(chance: random.Random, command: list[str]) -> Started:
        started = start(command, work, log)
        started.wait_for_writing()
        time.sleep(chance.uniform(0, duration))
        started.process.kill()
        return started

    strike(runs, stage, work, Tally("killed at a random moment", stage), count, begin)


@pytest.mark.parametrize("stage", stages(quick=("segment", "crops", "train")))
@pytest.mark.parametrize("count", tries(2, 50))
def test_killed_before_a_file_operation(lines: Lines, tmp_path: Path, stage: str, count: int) -> None:
    runs, work, log = lines.of(stage), tmp_path / "work", tmp_path / "log"
    copy(runs.usual(stage), work)
    started = start(runs.command(work, stage, changed=True), work, log)
    assert started.wait() == 0, started.messages()
    operations = started.operations.value

    def begin(chance: random.Random, command: list[str]) -> Started:
        return start(command, work, log, kill_before=chance.randint(1, operations))

    strike(runs, stage, work, Tally("killed before a file operation", stage), count, begin)
