"""Run work items on this machine: in threads or processes, a bounded number at a time, with progress."""

import itertools
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeVar

import cv2
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

Item = TypeVar("Item")
Result = TypeVar("Result")

log = logging.getLogger("hpacells")

CONSOLE = Console(stderr=True)
"""Where progress and messages go; results alone go to standard output."""


def available_cores() -> int:
    """Count the processor cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class LocalEngine:
    """Implements ``stages.stage.Context`` on one machine.

    Attributes
    ----------
    workers
        Work items that run at the same time.
    """

    workers: int

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        description: str,
        total: int | None = None,
        processes: bool = False,
    ) -> Iterator[tuple[Item, Result | Exception]]:
        """Run ``function`` over ``items``; yield (item, result or exception) in the order of the items.

        At most twice as many items as workers are started or finished and not yet taken. When the consumer
        stops, or Ctrl-C is pressed, items that have not started are given up.
        """
        with self.track(description, total or 0) as advance, self._executor(processes) as executor:
            remaining = iter(items)
            in_flight: deque[tuple[Item, Future[Result]]] = deque()
            try:
                for item in itertools.islice(remaining, 2 * self.workers):
                    in_flight.append((item, executor.submit(function, item)))
                while in_flight:
                    item, future = in_flight.popleft()
                    outcome = _outcome(future)
                    for following in itertools.islice(remaining, 1):
                        in_flight.append((following, executor.submit(function, following)))
                    yield item, outcome
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

    @contextmanager
    def _executor(self, processes: bool) -> Iterator[Executor]:
        # OpenCV's own threads would compete with ours for the same cores.
        before = cv2.getNumThreads()
        cv2.setNumThreads(1)
        # A forked child would inherit locks that other threads hold (torch, zarr, rich).
        executor = (
            ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"), initializer=_start_worker)
            if processes
            else ThreadPoolExecutor(self.workers)
        )
        try:
            with executor:
                yield executor
        finally:
            cv2.setNumThreads(before)


class _RateColumn(TextColumn):
    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: RichTask) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _outcome(future: "Future[Result]") -> Result | Exception:
    try:
        return future.result()
    except Exception as error:
        return error
