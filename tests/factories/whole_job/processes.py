"""Commands in processes of their own, forked from one that has imported everything, to be killed at will."""

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60
"""A command of these small fields that takes longer hangs."""

CONTEXT = multiprocessing.get_context("forkserver")
"""Starts processes that have all imports."""

CONTEXT.set_forkserver_preload(["tests.factories.whole_job.preloaded"])

_WRITING_EVENTS = {
    "os.rename": (0, 2),
    "os.remove": (0, 1),
    "os.rmdir": (0, 1),
    "os.mkdir": (0, 2),
    "os.link": (1, 3),
}
"""Event -> which of its arguments are the path, and the descriptor of the folder that it starts from."""

_NO_FOLDER = -1
"""In place of that descriptor."""


@dataclass
class Started:
    """A command that was started.

    Attributes
    ----------
    process
        Its process.
    work
        Its work folder.
    log
        File of all that it prints.
    operations
        How many file operations in the work folder it has begun.
    """

    process: BaseProcess
    work: Path
    log: Path
    operations: Any

    def wait(self) -> int:
        """Wait for its end and return its exit status, that of a killed one negative.

        Raises
        ------
        TimeoutError
            It hangs.
        """
        self.process.join(PATIENCE_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
            message = f"still running after {PATIENCE_SECONDS} s: {self.messages()}"
            raise TimeoutError(message)
        return int(self.process.exitcode or 0)

    def wait_for_writing(self) -> None:
        """Wait until it changes the work folder, or ends."""
        while not self.operations.value and self.process.is_alive():
            time.sleep(0.0005)

    def messages(self) -> str:
        """Return what it has printed."""
        return self.log.read_text()


def start(
    command: Sequence[str],
    work: Path,
    log: Path,
    *,
    kill_before: int | None = None,
    largest_file: int | None = None,
) -> Started:
    """Start a command.

    Parameters
    ----------
    command
        Its words.
    work
        Its work folder.
    log
        Where its messages go.
    kill_before
        Number of the file operation in the work folder, from 1, before which it kills itself (SIGKILL).
    largest_file
        Bytes that a file may have, as if the disk were full after these.
    """
    operations = CONTEXT.Value("q", 0)
    process = CONTEXT.Process(
        target=_run, args=(list(command), str(work), str(log), operations, kill_before, largest_file)
    )
    process.start()
    return Started(process, work, log, operations)


def _run(
    command: list[str],
    work: str,
    log: str,
    operations: Any,
    kill_before: int | None,
    largest_file: int | None,
) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    folder = os.fspath(Path(work).resolve())

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        if not writes_to(folder, event, arguments):
            return
        with operations.get_lock():
            operations.value += 1
            reached = operations.value
        if reached == kill_before:
            os.kill(os.getpid(), 9)

    sys.addaudithook(count)
    sys.argv = command
    from pipeline.cli import main

    main()


def writes_to(folder: str, event: str, arguments: tuple[Any, ...]) -> bool:
    """Check whether an event that Python audits is about to write somewhere in a folder."""
    if event == "open":
        path, _, flags = arguments
        start = _NO_FOLDER
        is_write = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    elif event in _WRITING_EVENTS:
        path, start = (arguments[place] for place in _WRITING_EVENTS[event])
        is_write = True
    else:
        return False
    if not is_write or not isinstance(path, str | os.PathLike):
        return False
    # What is removed with its folder is named from there.
    place = Path(path) if start == _NO_FOLDER else Path(f"/proc/self/fd/{start}").readlink() / path
    return place.is_relative_to(folder)
