"""Run work items on this machine: in threads or processes, a bounded number at a time, with progress."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as RichTask
from rich.text import Text

from data.cores import available_cores
from data.errors import InputError
from data.prefetch import work_ahead
from data.system_errors import find_system_error, is_full
from pipeline.engines.system_errors import explain_system_error

Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger("hpacells")

CONSOLE = Console(stderr=True)
"""Where progress and messages go; results alone go to standard output."""


@dataclass(frozen=True)
class LocalEngine:
    """Implements ``stages.stage.Context`` on one machine.

    Attributes
    ----------
    workers
        Work items that run at the same time.
    """

    workers: int

    @property
    def name(self) -> str:
        """What is recorded of where the work ran: nothing of this machine."""
        return ""

    @property
    def infer(self) -> None:
        """Nothing: this process reads batches and runs networks."""

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        description: str,
        total: int | None = None,
        processes: bool = False,
        prepare: Callable[[int], None] | None = None,
    ) -> Iterator[tuple[Item, Result | Exception]]:
        """Run ``function`` over ``items``; yield (item, result or exception) in the order of the items.

        At most twice as many items as workers are started or finished and not yet taken. When the consumer
        stops, or Ctrl-C is pressed, items that have not started are given up.
        """
        workers = self.workers if total is None else max(1, min(self.workers, total))
        if prepare is not None:
            prepare(workers)
        with self.track(description, total or 0) as advance, _executor(workers, processes) as executor:
            try:
                for item, future in work_ahead(executor, function, items, 2 * self.workers):
                    yield item, _outcome(future)
                    advance(1)
            finally:
                executor.shutdown(wait=True, cancel_futures=True)

    @contextmanager
    def track(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a progress bar with rate and time left; nothing where standard error is no terminal."""
        with Progress(
            TextColumn("{task.description:>8}"),
            BarColumn(),
            TaskProgressColumn(),
            MofNCompleteColumn(),
            _RateColumn(),
            TimeRemainingColumn(),
            console=CONSOLE,
            disable=not CONSOLE.is_terminal,
            transient=True,
        ) as progress:
            task = progress.add_task(description, total=total)
            yield lambda steps: progress.advance(task, steps)


class _RateColumn(TextColumn):
    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: RichTask) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


@contextmanager
def _executor(workers: int, processes: bool) -> Iterator[Executor]:
    # A forked child would inherit locks that other threads hold (torch, zarr, rich). A single worker gains
    # nothing from a process, which takes a second to import its libraries.
    executor = (
        ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)
        if processes and workers > 1
        else ThreadPoolExecutor(workers)
    )
    with _divided_cores(workers), executor:
        yield executor


@contextmanager
def _divided_cores(workers: int) -> Iterator[None]:
    """Leave each worker its share of the cores: libraries' own threads would compete with the workers."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    # Not imported for this: a stage that computes with torch has imported it.
    torch = sys.modules.get("torch")
    torch_before = torch.get_num_threads() if torch else 0
    if torch:
        torch.set_num_threads(max(1, available_cores() // workers))
    try:
        yield
    finally:
        cv2.setNumThreads(before)
        if torch:
            torch.set_num_threads(torch_before)


def follow_parent() -> None:
    """Leave Ctrl-C to the process that started this one, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _start_worker() -> None:
    import cv2

    follow_parent()
    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however it was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _outcome(future: "Future[Result]") -> Result | Exception:
    try:
        return future.result()
    except Exception as error:
        return explain_failure(error)


def explain_failure(error: Exception) -> Exception:
    """Return why an item failed, an error of the operating system as one that the user can mend.

    Raises
    ------
    OSError
        There is no room, so that whatever comes next would fail as well.
    """
    if isinstance(error, InputError):
        return error
    found = find_system_error(error)
    if found is None:
        return error
    if is_full(found):
        raise found from error
    return explain_system_error(found)
