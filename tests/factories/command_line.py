"""The command line in this process, without the seconds that a new one takes to import its libraries."""

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pytest

from pipeline.cli import main


def run_here(*arguments: object, status: int = 0) -> str:
    """Run hpacells and return what it writes to standard error; the exit status is checked."""
    with pytest.MonkeyPatch.context() as patched, redirect_stderr(StringIO()) as messages:
        patched.setattr(sys, "argv", ["hpacells", *map(str, arguments)])
        with redirect_stdout(StringIO()), pytest.raises(SystemExit) as ended:
            main()
    assert int(ended.value.code or 0) == status, f"{arguments}\n{messages.getvalue()}"
    return messages.getvalue()
