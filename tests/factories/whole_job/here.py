"""Commands run in this process, which is faster than one of their own."""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from pipeline.cli import main

Run = Callable[..., tuple[int, str]]
"""Runs a stage: work folder, name of the stage, its arguments -> exit status and messages."""


def run_here(command: Sequence[str]) -> tuple[int, str]:
    """Run a command in this process; return its exit status and its messages."""
    with pytest.MonkeyPatch.context() as patched, redirect_stderr(StringIO()) as messages:
        patched.setattr(sys, "argv", list(command))
        with redirect_stdout(StringIO()), pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0), messages.getvalue()


def follow_advice(run: Run, work: Path, stage: str) -> list[str]:
    """Run a stage, and for as long as it is refused the command that its message names; list these."""
    followed: list[str] = []
    messages = ""
    while len(followed) < 6:
        status, messages = run(work, stage)
        if status == 0:
            return followed
        assert status == 2
        assert "Traceback" not in messages
        named = re.search(r"`hpacells ([\w-]+)`", messages)
        assert named, messages
        followed.append(named[1])
        status, told = run(work, named[1])
        if status and "is not finished" in messages:
            # The command may be refused in turn, by what an earlier stage is to mend.
            followed += follow_advice(run, work, named[1])
            continue
        assert status == 0, f"{messages} then {told}"
        assert "done before" not in told, f"{messages} then {told}"
    pytest.fail(f"{stage} still refuses after {followed}: {messages}")
