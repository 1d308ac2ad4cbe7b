"""A context that works in this process and shows nothing."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class QuietContext:
    """Does the work at once, one item after another; counts progress, and interrupts if told so.

    Parameters
    ----------
    interrupt_after
        Steps of one tracked task after which it is interrupted as by Ctrl-C; None for never.
    in_task
        Which tracked task is interrupted, from 1.

    Attributes
    ----------
    done, total
        Steps that were reported in all tasks, and the length of the last one.
    descriptions
        What each tracked task was called.
    """

    workers = 1

    def __init__(self, interrupt_after: int | None = None, in_task: int = 1) -> None:
        self.done = self.total = 0
        self.descriptions: list[str] = []
        self._interrupt_after, self._in_task, self._done_in_task = interrupt_after, in_task, 0

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        *,
        description: str,
        total: int | None = None,
        processes: bool = False,
    ) -> Iterator[tuple[Item, Result | Exception]]:
        for item in items:
            try:
                yield item, function(item)
            except Exception as error:
                yield item, error

    @contextmanager
    def track(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        self.descriptions.append(description)
        self.total, self._done_in_task = total, 0
        yield self._advance

    def _advance(self, steps: int) -> None:
        self.done += steps
        self._done_in_task += steps
        interrupted = len(self.descriptions) == self._in_task
        if interrupted and self._interrupt_after is not None and self._done_in_task >= self._interrupt_after:
            raise KeyboardInterrupt
