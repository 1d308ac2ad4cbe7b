"""Commands of hpacells, each in a process of its own, which is measured."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_MEASURE = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
with open(sys.argv[1], "w") as file:
    print(time.perf_counter() - started, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), file=file)
"""
"""What starts the command: Linux counts the memory of the process that starts one as the least that it had,
which is far more here than in a Python without libraries."""


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
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found"
        done = subprocess.run(
            [sys.executable, "-S", "-c", _MEASURE, found, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | dict(settings or {}),
            check=True,
        )
        seconds, memory, status = found.read_text().split()
    if int(status):
        message = f"{' '.join(words)}\n{done.stdout}"
        raise RuntimeError(message)
    return CommandCost(float(seconds), float(memory))
