"""The command line in this process, without the seconds that a new one takes to import its libraries."""

import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from subprocess import CompletedProcess

import pytest

from pipeline.cli import main


def finish_command(words: Sequence[str]) -> CompletedProcess[str]:
    """Run hpacells, whose name is the first of the words, and return how it ended and what it wrote."""
    with (
        pytest.MonkeyPatch.context() as patched,
        redirect_stderr(StringIO()) as messages,
        redirect_stdout(StringIO()) as output,
    ):
        patched.setattr(sys, "argv", list(words))
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    status = code if isinstance(code, int) else 0 if code is None else 1
    return CompletedProcess(list(words), status, output.getvalue(), messages.getvalue())


def run_command(*arguments: object, status: int = 0) -> CompletedProcess[str]:
    """Run hpacells and return what a process of it would have written; the exit status is checked."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("COLUMNS", "200")
        done = finish_command(["hpacells", *map(str, arguments)])
    assert done.returncode == status, f"{done.args}\n{done.stdout}\n{done.stderr}"
    return done


def run_here(*arguments: object, status: int = 0) -> str:
    """Run hpacells and return what it writes to standard error; the exit status is checked."""
    return run_command(*arguments, status=status).stderr
