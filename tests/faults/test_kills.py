"""Commands that are killed (SIGKILL): the next one gives the results of an undisturbed run."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.factories.whole_job.processes import Started, start
from tests.factories.whole_job.states.copies import copy
from tests.factories.whole_job.tally import Tally, begin_tally
from tests.factories.whole_job.undisturbed import UndisturbedRuns
from tests.faults.conftest import Lines, stages

KILLED = -9

Begin = Callable[[float, list[str]], Started]
"""Begins a command that is to be killed at a moment, and kills it unless it ends before."""


@dataclass(frozen=True)
class Kill:
    """When a command is killed, from 0 to less than 1 of its way, and what is before and after it.

    Attributes
    ----------
    moment
        As a part of what the command does.
    is_new
        Whether the folder has no results of the stage, else it has those of other settings.
    is_same
        Whether the next command has the same settings.
    """

    moment: float
    is_new: bool
    is_same: bool

    def __str__(self) -> str:
        start, settings = (
            "no results" if self.is_new else "results of other settings",
            "same" if self.is_same else "other",
        )
        return f"at {self.moment:.3f} from {start}, {settings} settings next"


def draw_kills(seed: str, count: int, moments: int | None = None) -> list[Kill]:
    """Draw so many kills, no two of which are the same; fewer where there are none among so many moments."""
    chance = random.Random(seed)
    kills: dict[Kill, None] = {}
    while len(kills) < (count if moments is None else min(count, 4 * moments)):
        moment = chance.random() if moments is None else (chance.randrange(moments) + 0.5) / moments
        kills[Kill(moment, is_new=chance.random() < 0.3, is_same=chance.random() < 0.5)] = None
    return list(kills)


def strike(
    runs: UndisturbedRuns, stage: str, work: Path, tally: Tally, kills: Sequence[Kill], begin: Begin
) -> None:
    """Kill a stage again and again, and go on with the same or other settings."""
    command = list(runs.command(work, stage, changed=True))
    for number, kill in enumerate(kills):

        def attempt(kill: Kill = kill) -> list[str]:
            moment = kill.moment
            # One that ended first was not killed: from the start again then, to an earlier moment.
            for _ in range(20):
                copy(runs.before(stage) if kill.is_new else runs.usual(stage), work)
                if begin(moment, command).wait() == KILLED:
                    return runs.finish(work, stage, *((stage,) if kill.is_same else ()))
                moment *= 0.8
            pytest.fail("always ended before it could be killed")

        tally.add(f"{number}, {kill}", attempt)
    tally.close()


@pytest.mark.parametrize(("stage", "count"), stages(("segment", "inspect"), 1, 50))
def test_killed_at_any_moment(lines: Lines, tmp_path: Path, stage: str, count: int) -> None:
    tally = begin_tally("killed at a random moment", stage)
    runs, work, log = lines.of(stage), tmp_path / "work", tmp_path / "log"
    copy(runs.usual(stage), work)
    started = start(runs.command(work, stage, changed=True), work, log)
    started.wait_for_writing()
    begun = time.perf_counter()
    assert started.wait() == 0, started.messages()
    duration = time.perf_counter() - begun

    def begin(moment: float, command: list[str]) -> Started:
        started = start(command, work, log)
        started.wait_for_writing()
        time.sleep(moment * duration)
        started.process.kill()
        return started

    strike(runs, stage, work, tally, draw_kills(f"{tally.fault} {stage}", count), begin)


@pytest.mark.parametrize(("stage", "count"), stages(("segment", "crops", "train"), 2, 50))
def test_killed_before_a_file_operation(lines: Lines, tmp_path: Path, stage: str, count: int) -> None:
    tally = begin_tally("killed before a file operation", stage)
    runs, work, log = lines.of(stage), tmp_path / "work", tmp_path / "log"
    copy(runs.usual(stage), work)
    started = start(runs.command(work, stage, changed=True), work, log)
    assert started.wait() == 0, started.messages()
    operations = started.operations.value

    def begin(moment: float, command: list[str]) -> Started:
        return start(command, work, log, kill_before=1 + int(moment * operations))

    strike(runs, stage, work, tally, draw_kills(f"{tally.fault} {stage}", count, operations), begin)
