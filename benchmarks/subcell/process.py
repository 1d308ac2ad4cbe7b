"""Processes whose time and memory are measured."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """Wall seconds, seconds of all cores together, and peak resident memory in MiB."""

    seconds: float
    processor: float
    memory: float

    def then(self, other: "Cost") -> "Cost":
        """Return the cost of both, one after the other."""
        return Cost(
            self.seconds + other.seconds, self.processor + other.processor, max(self.memory, other.memory)
        )


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a measured process: all cores, and no other Python's packages."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "PYTHONPATH")
    }
    return kept | dict(extra)


def run_process(command: Sequence[str | Path], folder: Path, extra: Mapping[str, str], log: Path) -> Cost:
    """Run a program in a folder to its end and return what it took; its output goes to a file.

    Peak memory counts from the start of the process, in which Linux counts what this one has: keep it small.
    """
    with log.open("a") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment(extra), stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with status {process.returncode}; see\n{log.read_text()[-2000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


class Worker:
    """A process that does the same work each time it is asked, and states the seconds that this took.

    It writes a line of JSON when it is ready, and another one after each line that it reads.
    """

    def __init__(self, name: str, command: Sequence[str | Path], extra: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        self.seconds: list[float] = []
        self._process = subprocess.Popen(
            command,
            env=environment(extra),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("a"),
            text=True,
        )
        self.ready_seconds = float(self._read()["seconds"])
        self.memory = 0.0

    def work(self) -> float:
        """Have the work done once and return its seconds."""
        print("again", file=self._process.stdin, flush=True)
        told = self._read()
        self.memory = told["memory"]
        return told["seconds"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _read(self) -> dict[str, float]:
        for line in self._process.stdout or ():
            if line.startswith('{"seconds"'):
                return json.loads(line)
        sys.exit(f"{self.name} ended; see\n{self.log.read_text()[-2000:]}")
