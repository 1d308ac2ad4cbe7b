"""Code that writes files, killed before each of its operations in turn."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from tests.factories.whole_job.processes import writes_to


def kill_before_each_operation(folder: Path, before: Path, write: Callable[[], object]) -> Iterator[int]:
    """Yield the number of each operation in a folder before which the code was killed, from 1.

    Parameters
    ----------
    folder
        Where it writes.
    before
        What the folder is each time before, which is copied there.
    write
        The code, which is run in a process of its own.

    Raises
    ------
    RuntimeError
        The code failed.
    """
    for number in count(1):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)
        child = os.fork()
        if child == 0:
            _write_until(number, folder, write)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            return
        if status != -signal.SIGKILL:
            message = f"failed with {status} before operation {number}"
            raise RuntimeError(message)
        yield number


def _write_until(number: int, folder: Path, write: Callable[[], object]) -> None:
    left = [number]

    def count_down(event: str, arguments: tuple[Any, ...]) -> None:
        if writes_to(str(folder), event, arguments):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    status = 1
    try:
        sys.addaudithook(count_down)
        write()
        status = 0
    finally:
        # Nothing of the tests ends with this process.
        os._exit(status)
