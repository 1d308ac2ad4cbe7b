"""The command line in this process, without the seconds that a new one takes to import its libraries."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from subprocess import CompletedProcess

import pytest

from pipeline.cli import main


def run_command(*arguments: object, status: int = 0) -> CompletedProcess[str]:
    """Run hpacells and return what a process of it would have written; the exit status is checked."""
    words = ["hpacells", *map(str, arguments)]
    with (
        pytest.MonkeyPatch.context() as patched,
        redirect_stderr(StringIO()) as messages,
        redirect_stdout(StringIO()) as output,
    ):
        patched.setattr(sys, "argv", words)
        patched.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            main()
    done = CompletedProcess(words, int(ended.value.code or 0), output.getvalue(), messages.getvalue())
    assert done.returncode == status, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


def run_here(*arguments: object, status: int = 0) -> str:
    """Run hpacells and return what it writes to standard error; the exit status is checked."""
    return run_command(*arguments, status=status).stderr
