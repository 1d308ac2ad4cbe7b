"""Commands run in this process, which is faster than one of their own."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.factories.command_line import finish_command
from tests.factories.whole_job.shards import name_stage

Run = Callable[..., tuple[int, str]]
"""Runs a stage: work folder, name of the stage, its arguments -> exit status and messages."""

STOPPED = (130, 143)
"""Exit statuses after Ctrl-C and SIGTERM."""


def run_here(command: Sequence[str]) -> tuple[int, str]:
    """Run a command in this process; return its exit status and its messages."""
    done = finish_command(command)
    if done.returncode in STOPPED:
        # The tests are to end, which main has taken for the command's own.
        raise KeyboardInterrupt
    return done.returncode, done.stderr


def follow_advice(run: Run, work: Path, stage: str) -> list[str]:
    """Run a stage, and for as long as it is refused the command that its message names; list these."""
    followed: list[str] = []
    messages = ""
    while len(followed) < 6:
        status, messages = run(work, stage)
        if status == 0:
            return followed
        assert status == 2, f"{status} {messages}"
        assert "Traceback" not in messages, messages
        found = re.search(r"`(hpacells [^`]+)`", messages)
        assert found, messages
        named = name_stage(found[1])
        # An export is that of the same format.
        mender = stage if named == "export" else named
        followed.append(mender)
        status, told = run(work, mender)
        if status and "is not finished" in messages:
            # The command may be refused in turn, by what an earlier stage is to mend.
            followed += follow_advice(run, work, mender)
            continue
        assert status == 0, f"{messages} then {told}"
        assert "done before" not in told, f"{messages} then {told}"
    pytest.fail(f"{stage} still refuses after {followed}: {messages}")
