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
        Steps after which the work is interrupted as by Ctrl-C; None for never.
    in_task
        Tracked task from which these steps are counted on, from 1.

    Attributes
    ----------
    done, total
        Steps that were reported in all tasks, and the length of the last one.
    descriptions
        What each tracked task was called.
    """

    workers = 1
    name = ""
    infer = None

    def __init__(self, interrupt_after: int | None = None, in_task: int = 1) -> None:
        self.done = self.total = 0
        self.descriptions: list[str] = []
        self._interrupt_after, self._in_task, self._counted = interrupt_after, in_task, 0

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
        if prepare is not None:
            prepare(self.workers)
        for item in items:
            try:
                yield item, function(item)
            except Exception as error:
                yield item, error

    @contextmanager
    def track(self, description: str, total: int) -> Iterator[Callable[[int], None]]:
        self.descriptions.append(description)
        self.total = total
        yield self._advance

    def _advance(self, steps: int) -> None:
        self.done += steps
        if len(self.descriptions) >= self._in_task:
            self._counted += steps
        if self._interrupt_after is not None and self._counted >= self._interrupt_after:
            raise KeyboardInterrupt
