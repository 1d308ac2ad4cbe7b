"""Several files that are fetched or sent at the same time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from data.prefetch import work_ahead

REQUESTS = 16
"""Files that are on their way at the same time."""

Item = TypeVar("Item")


@cache
def transfers() -> ThreadPoolExecutor:
    """Return the threads that wait for servers."""
    return ThreadPoolExecutor(REQUESTS, thread_name_prefix="transfer")


def transfer_all(
    transfer: Callable[[Item], None], items: Iterable[Item], done: Callable[[Item], None]
) -> None:
    """Fetch or send all of some files; ``done`` is called for each in their order.

    Raises
    ------
    InputError
        One could not be; those that follow are given up.
    """
    with ThreadPoolExecutor(REQUESTS, thread_name_prefix="transfer") as executor:
        try:
            for item, future in work_ahead(executor, transfer, items, 2 * REQUESTS):
                future.result()
                done(item)
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
