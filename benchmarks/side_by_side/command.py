"""Commands of hpacells, each in a process of its own, which is measured."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class CommandCost(NamedTuple):
    """What a command took: wall seconds with the start of Python, and its peak memory in MiB."""

    seconds: float
    memory: float


def run_command(arguments: Sequence[object], settings: Mapping[str, str] | None = None) -> CommandCost:
    """Run a command of hpacells and return what it took.

    Parameters
    ----------
    arguments
        What is typed behind ``hpacells``.
    settings
        Environment variables besides those of this process.

    Raises
    ------
    RuntimeError
        The command failed; the message has its output.
    """
    words = [str(Path(sys.executable).with_name("hpacells")), *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            words, stdout=output, stderr=subprocess.STDOUT, env=os.environ | dict(settings or {})
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            message = f"{' '.join(words)}\n{output.read()}"
            raise RuntimeError(message)
    return CommandCost(seconds, usage.ru_maxrss / 1024)
