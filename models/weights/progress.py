"""How a download shows its progress."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Track = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows progress: takes a description and the bytes of the whole, and gives what is told the bytes so far."""


@contextmanager
def show_nothing(_description: str, _total: int) -> Iterator[Callable[[int], None]]:
    """Show no progress."""
    yield lambda _done: None
