"""Work done ahead of its consumer, a bounded number of items at a time, and handed over in order."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def work_ahead(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[tuple[Item, Future[Result]]]:
    """Have ``function`` called on every item; yield (item, finished future) in the order of the items.

    At most `ahead` items are started or finished and not yet taken. To stop early, shut the executor down
    with ``cancel_futures``.
    """
    remaining = iter(items)
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    for item in itertools.islice(remaining, ahead):
        waiting.append((item, executor.submit(function, item)))
    while waiting:
        item, future = waiting.popleft()
        # Waits as `concurrent.futures.wait` does, but not for ever for what was cancelled.
        with suppress(CancelledError):
            future.exception()
        for following in itertools.islice(remaining, 1):
            waiting.append((following, executor.submit(function, following)))
        yield item, future
