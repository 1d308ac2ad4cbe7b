"""Two commands at once: each is right or refused in one line, and what they leave is not mixed."""

import random
import time
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from tests.factories.whole_job.processes import start
from tests.factories.whole_job.states.copies import copy
from tests.factories.whole_job.tally import begin_tally
from tests.factories.whole_job.undisturbed import LINES
from tests.faults.conftest import Lines, cases

PAIRS = [pair for line in LINES for pair in combinations_with_replacement(line.stages, 2)]
PAIRS.remove(("combine", "combine"))
QUICK = (("segment", "segment"), ("segment", "crops"))


@pytest.mark.parametrize(("pair", "count"), cases(PAIRS, QUICK, 1, 2))
def test_two_at_once(lines: Lines, tmp_path: Path, pair: tuple[str, str], count: int) -> None:
    tally = begin_tally("two at once", " and ".join(pair))
    work, logs = tmp_path / "work", [tmp_path / "log 0", tmp_path / "log 1"]
    runs = lines.of(pair[0])
    aside = tuple(stage for stage in runs.line.aside if stage in pair)
    for number in range(count):
        chance = random.Random(f"{pair} {number}")
        # Of the first a setting is changed, and of the second as well unless it is the same command.
        changed = tuple(dict.fromkeys(pair)) if pair[0] != pair[1] else pair[:1]
        copy(runs.done(aside=aside), work)

        def attempt(chance: random.Random = chance, changed: tuple[str, ...] = changed) -> list[str]:
            started = []
            for stage, log, is_changed in zip(pair, logs, (True, pair[0] != pair[1]), strict=True):
                command = runs.command(work, stage, changed=is_changed)
                started.append(start(command, work, log))
                time.sleep(chance.uniform(0, 0.3))
            for one in started:
                status, messages = one.wait(), one.messages()
                assert "Traceback" not in messages, messages
                assert status == 0 or (status == 2 and "hpacells: error: " in messages), (status, messages)

            expected = runs.done(*changed, aside=aside)
            return runs.run_all(work, runs.line.in_order(aside), changed, expected)

        tally.add(f"{number}", attempt)
    tally.close()
